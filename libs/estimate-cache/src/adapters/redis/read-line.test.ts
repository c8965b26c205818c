import { expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { CacheUnavailable } from '../../errors.ts';
import { ReadCommand } from './read-command.ts';
import { ReadLine, type RawRead } from './read-line.ts';
import { readTextOf } from './read-text.ts';

const LONG_MS = 60_000;

/** A connection that answers when it is told to, in the order of the commands. */
function connection({ isWritable = true } = {}) {
  const writes: string[] = [];
  const waiting: { resolve(reply: unknown): void; reject(error: Error): void }[] = [];
  const stream = { write: (text: string) => void writes.push(text) };
  const redis = {
    stream,
    sendCommand(command: RawRead, to: { write(text: string): void } = stream) {
      if (!isWritable) return command.reject(new Error("Stream isn't writeable"));
      waiting.push(command);
      to.write(command.toWritable());
    },
  };
  return { redis: redis as unknown as Redis, writes, waiting };
}

const getOf = (line: ReadLine, key: string): Promise<string> => {
  const read = new ReadCommand(1, readTextOf([key]), ([value]) => String(value));
  line.send(read);
  return read.promise;
};
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what is asked in one turn goes out two by two, and what is asked later by itself', async () => {
  const { redis, writes, waiting } = connection();
  const line = new ReadLine(redis, LONG_MS);
  const first = [getOf(line, 'a'), getOf(line, 'b'), getOf(line, 'c')];
  await settled();
  expect(writes).toEqual([readTextOf(['a']) + readTextOf(['b']), readTextOf(['c'])]);
  waiting.forEach((command, i) => command.resolve(Buffer.from(`value ${i}`)));
  expect(await Promise.all(first)).toEqual(['value 0', 'value 1', 'value 2']);
  const later = getOf(line, 'd');
  await settled();
  expect(writes.at(-1)).toBe(readTextOf(['d']));
  waiting[3]?.resolve(Buffer.from('value 3')); // left open it would be given up on after its minute, in somebody else's test
  expect(await later).toBe('value 3');
});

test('another command of the same turn keeps its place: who waits first is who was written first', async () => {
  const { redis, writes, waiting } = connection();
  const line = new ReadLine(redis, LONG_MS);
  const read = getOf(line, 'a');
  const other = { toWritable: () => 'PING\r\n', resolve: () => {}, reject: () => {} } as unknown as RawRead;
  redis.sendCommand(other as never);
  await settled();
  expect(writes).toEqual(['PING\r\n', readTextOf(['a'])]);
  expect(waiting[0]).toBe(other);
  waiting[1]?.resolve(Buffer.from('value'));
  expect(await read).toBe('value');
});

test('a connection that cannot be written to fails each read and writes nothing', async () => {
  const { redis, writes } = connection({ isWritable: false });
  const line = new ReadLine(redis, LONG_MS);
  const reads = await Promise.allSettled([getOf(line, 'a'), getOf(line, 'b')]);
  expect(reads.map((each) => each.status === 'rejected' && each.reason instanceof CacheUnavailable)).toEqual([
    true,
    true,
  ]);
  expect(writes).toEqual([]);
});

test('a read without an answer is given up on; its late answer reaches nobody, and not the next one either', async () => {
  const { redis, waiting } = connection();
  const line = new ReadLine(redis, 20);
  await expect(getOf(line, 'a')).rejects.toThrow('no reply in 20 ms');
  const next = getOf(line, 'b');
  await settled();
  waiting[0]?.resolve(Buffer.from('late'));
  waiting[1]?.resolve(Buffer.from('its own'));
  expect(await next).toBe('its own');
});

test('what cannot be made of the values is thrown to who asked', async () => {
  const { redis, waiting } = connection();
  const read = new ReadCommand(1, readTextOf(['a']), () => {
    throw new TypeError('not this');
  });
  new ReadLine(redis, LONG_MS).send(read);
  await settled();
  waiting[0]?.resolve(null);
  await expect(read.promise).rejects.toThrow('not this');
});

test('an error that a proxy hands on among the values of an MGET is a miss; nothing but errors is told', async () => {
  const { redis, waiting } = connection();
  const line = new ReadLine(redis, LONG_MS);
  const ask = () => {
    const read = new ReadCommand(2, readTextOf(['a', 'b']), (values) => values.map((value) => value && String(value)));
    line.send(read);
    return read.promise;
  };
  const [some, none] = [ask(), ask()];
  await settled();
  const lost = Object.assign(new Error('upstream failure'), { name: 'ReplyError' });
  waiting[0]?.resolve([Buffer.from('value'), lost]);
  waiting[1]?.resolve([lost, lost]);
  expect(await some).toEqual(['value', null]);
  await expect(none).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
});
