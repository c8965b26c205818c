import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freePorts, waitUntil } from '@porchlight/stack';
import { createMember, type Member, type UnaskedExit } from './fleet-member.ts';

const READY_MS = 15_000;

/** A process that behaves like an app: ready after a moment, ends on SIGTERM unless it is told to be deaf. */
const app = `
  import { createServer } from 'node:http';
  import { writeFileSync } from 'node:fs';
  const { METRICS_PORT, BEHAVIOUR, WITNESS } = process.env;
  if (BEHAVIOUR === 'broken') { console.error('the configuration does not fit'); process.exit(78); }
  process.on('SIGTERM', () => {
    if (BEHAVIOUR === 'deaf') return;
    writeFileSync(WITNESS, 'drained');
    process.exit(0);
  });
  const answers = { '/readyz': [BEHAVIOUR === 'slow' ? 503 : 200, ''], '/metrics': [200, 'lamps_lit 3\\n'] };
  createServer((request, response) => {
    const [status, body] = answers[request.url] ?? [404, ''];
    response.writeHead(status).end(body);
  }).listen(Number(METRICS_PORT), '127.0.0.1');
`;

let folder: string;
let port: number;
let exits: UnaskedExit[];
const members: Member[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'porchlight-member-'));
  await writeFile(join(folder, 'app.mjs'), app);
  ({ port } = await freePorts({ port: 29_600 }));
  exits = [];
});
afterEach(async () => {
  await Promise.all(members.splice(0).map((member) => member.stop()));
  await rm(folder, { recursive: true });
});

function memberThat(behaviour: string): Member {
  const member = createMember({
    name: 'data-writer',
    script: join(folder, 'app.mjs'),
    folder,
    logFolder: join(folder, 'logs'),
    environment: { METRICS_PORT: String(port), BEHAVIOUR: behaviour, WITNESS: join(folder, 'witness') },
    operationsUrl: `http://127.0.0.1:${port}`,
    onExit: (exit) => exits.push(exit),
  });
  members.push(member);
  return member;
}

async function startedMember(behaviour: string): Promise<Member> {
  const member = memberThat(behaviour);
  await member.start();
  await member.ready(READY_MS);
  return member;
}

test('a member that is ready shows its pid, its metrics and its memory', async () => {
  const member = await startedMember('well');
  expect(member.pid()).toBeGreaterThan(1);
  expect((await member.metrics()).sum('lamps_lit')).toBe(3);
  expect(member.rssMb()).toBeGreaterThan(10);
});

test('a stop lets it drain, is no unasked exit, and leaves nothing to measure', async () => {
  const member = await startedMember('well');
  await member.stop();
  expect(await readFile(join(folder, 'witness'), 'utf8')).toBe('drained');
  expect([member.pid(), member.rssMb(), exits]).toEqual([undefined, undefined, []]);
});

test('one that ignores SIGTERM is killed', async () => {
  const member = await startedMember('deaf');
  const { exited } = { exited: waitUntil(() => member.pid() === undefined, { withinMs: 10_000 }) };
  await member.stop();
  expect(await exited).toBe(true);
  expect(exits).toEqual([]);
});

test('a kill on purpose tells how it ended, and it can be started again on the same port', async () => {
  const member = await startedMember('well');
  const before = member.pid();
  expect(await member.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
  await member.start();
  await member.ready(READY_MS);
  expect(member.pid()).not.toBe(before);
  expect(exits).toEqual([]);
});

test('one that dies by itself is named, with the end of its log', async () => {
  const member = await startedMember('well');
  process.kill(member.pid()!, 'SIGKILL');
  await waitUntil(() => exits.length > 0, { withinMs: READY_MS });
  expect(exits).toEqual([
    { member: 'data-writer', code: null, signal: 'SIGKILL', logFile: member.logFile, tail: expect.any(String) },
  ]);
});

test('one that ends while it starts fails at once, with its exit code and its words', async () => {
  const member = memberThat('broken');
  await member.start();
  await expect(member.ready(READY_MS)).rejects.toMatchObject({
    code: 'APP_DIED',
    message: expect.stringMatching(
      /data-writer ended while it started \(exit code 78\)[\s\S]*the configuration does not fit/,
    ),
  });
});

test('one that never becomes ready is given up by name', async () => {
  const member = memberThat('slow');
  await member.start();
  await expect(member.ready(300)).rejects.toMatchObject({ code: 'APP_NOT_READY' });
});

test('an orphan of an earlier run is stopped before a new one starts', async () => {
  const orphan = await startedMember('well');
  const next = memberThat('well');
  await next.start();
  await next.ready(READY_MS);
  expect(await readFile(join(folder, 'witness'), 'utf8')).toBe('drained');
  await waitUntil(() => orphan.pid() === undefined, { withinMs: READY_MS });
  expect(orphan.pid()).toBeUndefined();
});

test('a port where another program answers is refused: its readiness would pass for ours', async () => {
  const other = await startedMember('well');
  const mine = createMember({
    name: 'forecaster',
    script: join(folder, 'app.mjs'),
    folder,
    logFolder: join(folder, 'logs'),
    environment: { METRICS_PORT: String(port), WITNESS: join(folder, 'witness') },
    operationsUrl: other.operationsUrl,
    onExit: (exit) => exits.push(exit),
  });
  await expect(mine.start()).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    message: expect.stringContaining('forecaster'),
  });
  expect(mine.pid()).toBeUndefined();
});
