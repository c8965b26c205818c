import { expect, test } from '@jest/globals';
import type { Result } from './pipeline-results.ts';
import { runScripts, SPLIT_RETRIES_MAX, type Carrier } from './run-scripts.ts';
import { createScript } from './scripts/script.ts';

const TIMEOUT_MS = 5_000;
const wide = createScript('wide', 'return 1');
const narrow = createScript('narrow', 'return 2');
const split = (): Result => [
  Object.assign(new Error('TRYAGAIN Multiple keys request during rehashing of slot'), { name: 'ReplyError' }),
  null,
];
const ok = (): Result => [null, Buffer.from('ok')];

/** A carrier for which the wide script works from the nth try on. */
function halfMoved(worksFrom: number) {
  const sent: string[] = [];
  let tries = 0;
  const carrier: Carrier = {
    send: async (commands) =>
      commands.map(({ args }) => {
        const isNarrow = args.includes(narrow.lua) || args.includes(narrow.sha);
        sent.push(isNarrow ? 'narrow' : 'wide');
        if (isNarrow) return ok();
        tries += 1;
        return tries < worksFrom ? split() : ok();
      }),
  };
  return { carrier, sent };
}

const call = {
  script: wide,
  keys: ['{1}a', '{1}b'],
  args: [],
  whileSplit: { script: narrow, keys: ['{1}a'], args: [] },
};

test('a script that a half-moved slot refuses does at once what one key allows, and is tried until it passes', async () => {
  const { carrier, sent } = halfMoved(3);
  expect((await runScripts(carrier, [call], TIMEOUT_MS)).map(String)).toEqual(['ok']);
  expect(sent).toEqual(['wide', 'narrow', 'wide', 'wide']);
});

test('a slot that stays half-moved is a Redis that is down, after a bounded number of tries', async () => {
  const { carrier, sent } = halfMoved(Number.POSITIVE_INFINITY);
  await expect(runScripts(carrier, [call], TIMEOUT_MS)).rejects.toMatchObject({
    code: 'CACHE_UNAVAILABLE',
    fate: 'retry',
  });
  expect(sent.filter((each) => each === 'wide')).toHaveLength(1 + SPLIT_RETRIES_MAX);
  expect(sent.filter((each) => each === 'narrow')).toHaveLength(1);
});

test('it is not tried past the time of its batch', async () => {
  const { carrier, sent } = halfMoved(Number.POSITIVE_INFINITY);
  await expect(runScripts(carrier, [call], 0)).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
  expect(sent).toEqual(['wide', 'narrow']);
});
