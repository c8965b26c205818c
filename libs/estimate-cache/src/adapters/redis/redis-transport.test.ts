import { expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { BadCacheEntry } from '../../errors.ts';
import type { RawRead } from './read-line.ts';
import { ValuesText } from './read-text.ts';
import { BATCH_MAX, singleRedisTransport } from './redis-transport.ts';

const LONG_MS = 60_000;
const text = new ValuesText('e1');
const ids = Array.from({ length: BATCH_MAX + 1 }, (_, n) => `p${n}`);
const lost = (): Error => Object.assign(new Error('upstream failure'), { name: 'ReplyError' });

/** A proxy that answers each command at once, in the words of `answer`. */
function transportOver(answer: (command: RawRead) => void) {
  let sent = 0;
  const redis = {
    stream: { write: () => true },
    on: () => undefined,
    sendCommand(command: RawRead) {
      sent += 1;
      command.toWritable();
      answer(command);
    },
  };
  return { transport: singleRedisTransport(redis as unknown as Redis, LONG_MS), sent: () => sent };
}
const valuesOf = (found: readonly (Buffer | null)[]): (string | null)[] => found.map((each) => each && String(each));

test('more homes than one MGET takes: those of a lost shard are missed, also if one MGET asked for nothing else', async () => {
  const { transport } = transportOver((command) => {
    if (command.name === 'get') command.reject(lost());
    else command.resolve(Array.from({ length: BATCH_MAX }, (_, n) => Buffer.from(`value ${n}`)));
  });
  const expected = [...Array.from({ length: BATCH_MAX }, (_, n) => `value ${n}`), null];
  expect(await transport.getValues(ids, text, valuesOf)).toEqual(expected);
  expect(valuesOf(await transport.get(text.keysOf(ids)))).toEqual(expected);
});

test('more homes than one MGET takes, and nobody answers: that is told', async () => {
  const { transport } = transportOver((command) => command.reject(new Error('Connection is closed.')));
  await expect(transport.getValues(ids, text, valuesOf)).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
});

test('an id that is none asks for nothing, also behind a whole MGET of good ones', async () => {
  const { transport, sent } = transportOver((command) => command.reject(new Error('Connection is closed.')));
  expect(() => transport.getValues([...ids, 'no id'], text, valuesOf)).toThrow(BadCacheEntry);
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent()).toBe(0);
});
