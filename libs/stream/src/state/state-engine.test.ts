import { fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { silentLogger } from '../log.ts';
import { createLmdbDisk } from './lmdb-disk.adapter.ts';
import { MemoryDisk } from './memory-disk.ts';
import type { KeyBounds, StateChange, StateDisk, StateEngine } from './state-engine.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'state-engine-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const put = (key: string, value: string): StateChange => ({ key: Buffer.from(key), value: Buffer.from(value) });
const remove = (key: string): StateChange => ({ key: Buffer.from(key), value: null });
const at = Buffer.from('checkpoint 1');
const text = (engine: StateEngine, key: string): string | undefined => engine.get(Buffer.from(key))?.toString();
const bounds = (gte: string, lt: string, reverse = false): KeyBounds => ({
  gte: Buffer.from(gte),
  lt: Buffer.from(lt),
  reverse,
});
const entries = (engine: StateEngine, within: KeyBounds): string[] =>
  [...engine.range(within)].map(([key, value]) => `${key.toString()}=${value.toString()}`);

describe.each<[string, () => StateDisk]>([
  ['in memory', () => new MemoryDisk()],
  ['on lmdb', () => createLmdbDisk(folder)],
])('a state engine %s', (name, createDisk) => {
  let disk: StateDisk;
  let copies = 0;
  beforeAll(() => {
    disk = createDisk();
  });
  const openNew = (): Promise<StateEngine> => disk.open(`${name.replace(' ', '-')}-group`, (copies += 1));

  test('is empty at first', async () => {
    const engine = await openNew();
    expect([engine.get(Buffer.from('a\0x')), engine.checkpoint(), engine.entryCount]).toEqual([
      undefined,
      undefined,
      0,
    ]);
    await engine.close();
  });

  test('holds what was written, with its checkpoint, also when it is opened again', async () => {
    const first = await openNew();
    await first.write([put('a\0x', '1'), put('a\0y', '2'), put('a\0x', '3'), remove('a\0y')], at);
    await first.close();
    const engine = await disk.open(`${name.replace(' ', '-')}-group`, copies);
    expect([text(engine, 'a\0x'), text(engine, 'a\0y'), engine.checkpoint(), engine.entryCount]).toEqual([
      '3',
      undefined,
      at,
      1,
    ]);
    await engine.close();
  });

  test('gives a range in the order of bytes, its end excluded, both ways', async () => {
    const engine = await openNew();
    const keys = ['a\0b', 'a\0\u00e9', 'a\0\u{1f600}', 'a\0\uffee', 'a\0', 'b\0a'];
    await engine.write(
      keys.map((key) => put(key, '')),
      at,
    );
    const sorted = ['a\0', 'a\0b', 'a\0\u00e9', 'a\0\uffee', 'a\0\u{1f600}'].map((key) => `${key}=`);
    expect(entries(engine, bounds('a\0', 'a\u0001'))).toEqual(sorted);
    expect(entries(engine, bounds('a\0', 'a\u0001', true))).toEqual(sorted.toReversed());
    expect(entries(engine, bounds('a\0b', 'a\0\uffee'))).toEqual(sorted.slice(1, 3));
    expect(entries(engine, bounds('a\0b', 'a\0\uffee', true))).toEqual(sorted.slice(1, 3).toReversed());
    expect(entries(engine, bounds('c', 'd'))).toEqual([]);
    await engine.close();
  });

  test('values that were read stay as they were', async () => {
    const engine = await openNew();
    await engine.write([put('a\0x', 'one'), put('a\0y', 'two')], at);
    const read = [...engine.range(bounds('a', 'b'))];
    const one = engine.get(Buffer.from('a\0x'));
    await engine.write([put('a\0x', 'ONE'), put('a\0y', 'TWO')], at);
    expect([one?.toString(), text(engine, 'a\0y'), ...read.map(([, value]) => value.toString())]).toEqual([
      'one',
      'TWO',
      'one',
      'two',
    ]);
    await engine.close();
  });

  test('takes writes from whoever opened it last, and from nobody before', async () => {
    const zombie = await openNew();
    await zombie.write([put('a\0x', 'before')], at);
    const owner = await disk.open(`${name.replace(' ', '-')}-group`, copies);
    await expect(zombie.write([put('a\0x', 'zombie')], at)).rejects.toMatchObject({
      code: 'STATE_LOST',
      fate: 'retry',
    });
    await owner.write([put('a\0y', 'owner')], at);
    expect([text(owner, 'a\0x'), text(owner, 'a\0y')]).toEqual(['before', 'owner']);
    await Promise.all([zombie.close(), owner.close()]);
  });

  test('is empty after it was cleared, and takes writes again', async () => {
    const engine = await openNew();
    await engine.write([put('a\0x', '1')], at);
    await engine.clear();
    expect([engine.checkpoint(), entries(engine, bounds('a', 'b'))]).toEqual([undefined, []]);
    await engine.write([put('a\0z', '2')], at);
    expect([text(engine, 'a\0z'), engine.entryCount]).toEqual(['2', 1]);
    await engine.close();
  });
});

test('a disk in memory that is full says so, and keeps what it had', async () => {
  const disk = new MemoryDisk();
  const engine = await disk.open('g', 0);
  await engine.write([put('a\0x', '1')], at);
  disk.isFull = true;
  await expect(engine.write([put('a\0x', '2')], at)).rejects.toMatchObject({
    code: 'STATE_DISK_FAILED',
    fate: 'crash',
  });
  expect(text(engine, 'a\0x')).toBe('1');
});

describe('a data file that LMDB would end the process for', () => {
  const spoil: Record<string, (whole: Buffer) => Buffer> = {
    'of random bytes': (whole) => randomBytes(whole.length),
    'of zeros': (whole) => Buffer.alloc(whole.length),
    'of a few bytes': () => Buffer.from('hello'),
    'cut off in its pages': (whole) => whole.subarray(0, whole.length / 2),
    'cut off after its head': (whole) => whole.subarray(0, 8_192),
    'cut off in its head': (whole) => whole.subarray(0, 4_096),
    'with rubbish for its first page': (whole) => Buffer.concat([randomBytes(4_096), whole.subarray(4_096)]),
    'with rubbish for its second page': (whole) =>
      Buffer.concat([whole.subarray(0, 4_096), randomBytes(4_096), whole.subarray(8_192)]),
  };
  let copies = 0;

  test.each(Object.entries(spoil))('%s is put aside, and the copy begins empty', async (_what, spoiltOf) => {
    const partition = (copies += 1);
    const told: unknown[] = [];
    const disk = createLmdbDisk(folder, { ...silentLogger, warn: (_message, fields) => void told.push(fields) });
    const path = join(folder, 'spoilt', String(partition), 'data.mdb');
    const first = await disk.open('spoilt', partition);
    const many = Array.from({ length: 2_000 }, (_, n) => put(`a\0${n}`, 'x'.repeat(100)));
    await first.write(many, at);
    await first.close();
    expect(told).toEqual([]);
    const spoilt = spoiltOf(await readFile(path));
    await writeFile(path, spoilt);
    const engine = await disk.open('spoilt', partition);
    expect(told).toEqual([{ path, why: expect.stringMatching(/^it (does not begin|has \d+ bytes)/) }]);
    expect([engine.entryCount, engine.checkpoint()]).toEqual([0, undefined]);
    await engine.write([put('a\0x', '1')], at);
    await engine.close();
    const again = await disk.open('spoilt', partition);
    expect([text(again, 'a\0x'), again.checkpoint(), told.length]).toEqual(['1', at, 1]);
    await again.close();
    expect((await readFile(`${path}.unreadable`)).equals(spoilt)).toBe(true);
  });
});

test('a process that is killed while it writes leaves its last whole transaction', async () => {
  const child = fork(new URL('../testing/state-writer.ts', import.meta.url), [folder], { stdio: 'pipe' });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let done = -1;
  let isKilled = false;
  child.on('message', (round) => {
    done = Number(round);
    if (done < 20 || isKilled) return;
    isKilled = true;
    child.kill('SIGKILL'); // the next round is being written
  });
  await exited;
  expect(isKilled).toBe(true);
  const engine = await createLmdbDisk(folder).open('killed', 0);
  const round = engine.checkpoint()?.toString();
  expect(Number(round)).toBeGreaterThanOrEqual(done);
  expect(new Set([...engine.range(bounds('s', 't'))].map(([, value]) => value.toString().trim()))).toEqual(
    new Set([round]),
  );
  expect(engine.entryCount).toBe(500);
  await engine.close();
});

test('a disk that is full says so, and the copy is as of its last whole transaction', async () => {
  const script = new URL('../testing/state-writer.ts', import.meta.url).pathname;
  // a file may grow to 2,048 blocks; without the signal a write past that fails, as on a full disk
  const command = `ulimit -f 2048; trap '' XFSZ; exec "$0" "$@"`;
  const full = join(folder, 'full');
  const child = spawn('sh', ['-c', command, process.execPath, script, full, 'growing'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = await new Response(Readable.toWeb(child.stdout) as ReadableStream).text();
  const [rounds = '', failure = ''] = said.trim().split('\n').slice(-2);
  expect(failure).toBe('STATE_DISK_FAILED crash');
  const engine = await createLmdbDisk(full).open('killed', 0);
  expect(engine.checkpoint()?.toString()).toBe(rounds);
  expect(engine.entryCount).toBe(500 * (Number(rounds) + 1));
  await engine.close();
});
