import { expect, test } from '@jest/globals';
import { BUCKETS } from '../../../keys.ts';
import { partialAnswers } from '../../../partial-answers.ts';
import { createScript } from '../scripts/script.ts';
import { REDIRECTIONS_MAX } from './cluster-transport.ts';
import { SLOTS, slotOf } from './slot-of.ts';
import { replyError as reply, threeNodes as nodesWith, type Answer } from './testing/three-nodes.ts';

const script = createScript('echo', 'return KEYS[1]');
const keyOf = (bucket: number) => `e1:{${bucket}}:k`;
const callTo = (bucket: number) => ({ script, keys: [keyOf(bucket)], args: [] });
const threeNodes = (answers: Record<string, Answer>) => {
  const { writes, ...rest } = nodesWith({ answers });
  return { pipelines: writes, ...rest };
};

/** The key of EVALSHA, EVAL or GET. */
const keyIn = ([name, ...rest]: string[]): Buffer => Buffer.from((name === 'get' ? rest[0] : rest[2]) ?? '');
const slotIn = (command: string[]): number => slotOf(String(keyIn(command)));
const allEcho: Record<string, Answer> = { 'a:1': keyIn, 'b:1': keyIn, 'c:1': keyIn };
const buckets = Array.from({ length: BUCKETS }, (_, bucket) => bucket);

test('one script on every bucket is one pipeline for each node, and so are reads of any keys; answers come in the order asked', async () => {
  const { transport, pipelines } = threeNodes(allEcho);
  expect((await transport.run(buckets.map(callTo))).map(String)).toEqual(buckets.map(keyOf));
  expect(pipelines.map(({ address }) => address).toSorted()).toEqual(['a:1', 'b:1', 'c:1']);
  expect((await transport.get(buckets.map(keyOf))).map(String)).toEqual(buckets.map(keyOf));
  expect(pipelines).toHaveLength(6);
});

test('what has moved is asked for where it is now, and believed', async () => {
  const { transport, pipelines, taken } = threeNodes({
    ...allEcho,
    'a:1': (command) => reply(`MOVED ${slotIn(command)} b:1`),
  });
  expect((await transport.get(buckets.map(keyOf))).map(String)).toEqual(buckets.map(keyOf));
  expect(taken.every(({ kind, address }) => kind === 'moved' && address === 'b:1')).toBe(true);
  expect(pipelines.map(({ address }) => address).toSorted()).toEqual(['a:1', 'b:1', 'b:1', 'c:1']);
});

test('what is on its way is asked for there, this once, with leave to answer', async () => {
  const { transport, pipelines, taken } = threeNodes({ ...allEcho, 'a:1': () => reply('ASK 1 b:1') });
  const [bucket = 0] = buckets.filter((each) => slotOf(keyOf(each)) < SLOTS / 3);
  expect((await transport.get([keyOf(bucket)])).map(String)).toEqual([keyOf(bucket)]);
  expect(pipelines.at(-1)).toEqual({ address: 'b:1', commands: [['asking'], ['get', keyOf(bucket)]] });
  expect(taken.every(({ kind }) => kind === 'ask')).toBe(true);
});

test('nodes that send each other the same command are given up on, and nobody sees what they said', async () => {
  const { transport, pipelines } = threeNodes({
    'a:1': (command) => reply(`MOVED ${slotIn(command)} b:1`),
    'b:1': (command) => reply(`MOVED ${slotIn(command)} a:1`),
    'c:1': keyIn,
  });
  const [bucket = 0] = buckets.filter((each) => slotOf(keyOf(each)) < SLOTS / 3);
  await expect(transport.get([keyOf(bucket)])).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
  expect(pipelines).toHaveLength(1 + REDIRECTIONS_MAX);
});

test('a lost node leaves its own buckets unanswered, and its homes are misses; the cluster is looked at again', async () => {
  const { transport, looks } = threeNodes({ ...allEcho, 'b:1': () => new Error('Connection is closed.') });
  const isLost = (bucket: number) => Math.floor((slotOf(keyOf(bucket)) * 3) / SLOTS) === 1;
  const expected = buckets.map((bucket) => (isLost(bucket) ? null : keyOf(bucket)));
  const answers = await partialAnswers(transport.run(buckets.map(callTo)));
  expect(answers.map((answer) => answer && String(answer))).toEqual(expected);
  const values = await transport.get(buckets.map(keyOf));
  expect(values.map((value) => value && String(value))).toEqual(expected);
  expect(looks()).toBeGreaterThan(0);
});

test('a script that a node does not know is sent once more by its source, to that node only', async () => {
  const { transport, pipelines } = threeNodes({
    ...allEcho,
    'c:1': (command) => (command[0] === 'evalsha' ? reply('NOSCRIPT No matching script.') : keyIn(command)),
  });
  expect((await transport.run(buckets.map(callTo))).map(String)).toEqual(buckets.map(keyOf));
  expect(pipelines.map(({ address, commands }) => `${address} ${commands[0]?.[0]}`).toSorted()).toEqual([
    'a:1 evalsha',
    'b:1 evalsha',
    'c:1 eval',
    'c:1 evalsha',
  ]);
});
