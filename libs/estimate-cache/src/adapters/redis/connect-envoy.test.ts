import { expect, test } from '@jest/globals';
import { CachePartlyUnavailable, CacheUnavailable } from '../../errors.ts';
import { tellingLosses } from './connect-envoy.ts';
import type { RedisTransport, ScriptReply } from './redis-transport.ts';
import { timeScript } from './scripts/look.ts';

const callTo = (bucket: number) => ({ script: timeScript, keys: [`e1:{${bucket}}:k`], args: [] });
const ok = Buffer.from('1');

/** A transport whose next answers are told. */
function scripted() {
  let answers: (ScriptReply | null)[] = [];
  let told = 0;
  const transport: RedisTransport = {
    get: async () => [],
    getValues: async (_ids, _text, take) => await take([]),
    async run() {
      if (answers.every((answer) => answer === null)) throw new CacheUnavailable('down');
      if (answers.includes(null)) throw new CachePartlyUnavailable(answers, new CacheUnavailable('down'));
      return answers as ScriptReply[];
    },
    beat: async () => {},
  };
  const telling = tellingLosses(transport, () => (told += 1));
  const run = async (...next: (ScriptReply | null)[]) => {
    answers = next;
    await telling.run([callTo(1), callTo(2)]).catch(() => undefined);
    return told;
  };
  return { run };
}

test('a server behind the proxy that is lost is told once, and once when it is back', async () => {
  const { run } = scripted();
  expect(await run(ok, ok)).toBe(0);
  expect(await run(ok, null)).toBe(1);
  expect(await run(ok, null)).toBe(1);
  expect(await run(null, null)).toBe(2);
  expect(await run(ok, null)).toBe(3);
  expect(await run(ok, ok)).toBe(4);
  expect(await run(ok, ok)).toBe(4);
});
