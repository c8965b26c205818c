import { expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { BUCKETS } from '../../../keys.ts';
import { partialAnswers } from '../../../partial-answers.ts';
import { createScript } from '../scripts/script.ts';
import type { ClusterNode } from './cluster-node.ts';
import { clusterTransport, REDIRECTIONS_MAX, type NodesInUse } from './cluster-transport.ts';
import type { Redirection } from './redirection.ts';
import { SLOTS, slotOf } from './slot-of.ts';

const TIMEOUT_MS = 5_000;
const script = createScript('echo', 'return KEYS[1]');
const keyOf = (bucket: number) => `e1:{${bucket}}:k`;
const callTo = (bucket: number) => ({ script, keys: [keyOf(bucket)], args: [] });
const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });

type Answer = (command: string[]) => unknown;

/** Three nodes with a third of the slots each; `answers` says what each says to a command. */
function threeNodes(answers: Record<string, Answer>) {
  const pipelines: { address: string; commands: string[][] }[] = [];
  const taken: Redirection[] = [];
  let looks = 0;
  const nodeAt = (address: string): ClusterNode => {
    const pipeline = () => {
      const commands: string[][] = [];
      return {
        callBuffer: (...command: string[]) => void commands.push(command.map(String)),
        mgetBuffer: (keys: string[]) => void commands.push(['mget', ...keys]),
        async exec() {
          pipelines.push({ address, commands });
          return commands.map((command) => {
            const answer = answers[address]?.(command);
            return answer instanceof Error ? [answer, null] : [null, answer];
          });
        },
      };
    };
    /** A command without a pipeline. */
    const alone = async (keys: string[]): Promise<unknown> => {
      const one = pipeline();
      one.mgetBuffer(keys);
      const [[error, reply] = []] = await one.exec();
      if (error instanceof Error) throw error;
      return reply;
    };
    return {
      address,
      redis: { pipeline, mgetBuffer: alone } as unknown as Redis,
      opening: Promise.resolve(null),
      isOpen: () => true,
      whenOpen: async () => {},
      close() {},
    };
  };
  const nodes = new Map(['a:1', 'b:1', 'c:1'].map((address) => [address, nodeAt(address)] as const));
  const at = (address: string): ClusterNode => nodes.get(address) ?? nodeAt(address);
  const inUse: NodesInUse = {
    ownerOf(slot) {
      const moved = taken.findLast((each) => each.kind === 'moved' && each.slot === slot);
      return moved === undefined ? [...nodes.values()][Math.floor((slot * nodes.size) / SLOTS)] : at(moved.address);
    },
    at,
    take: (redirection) => void taken.push(redirection),
    lookAgain: () => void (looks += 1),
  };
  return { transport: clusterTransport(inUse, TIMEOUT_MS), pipelines, taken, looks: () => looks };
}

/** The key of EVALSHA, EVAL or GET; all of MGET. */
const keysIn = ([name, ...rest]: string[]): Buffer[] =>
  (name === 'mget' ? rest : [(name === 'get' ? rest[0] : rest[2]) ?? '']).map((key) => Buffer.from(key));
const keyIn = (command: string[]): unknown => (command[0] === 'mget' ? keysIn(command) : keysIn(command)[0]);
const slotIn = (command: string[]): number => slotOf(String(keysIn(command)[0]));
const allEcho: Record<string, Answer> = { 'a:1': keyIn, 'b:1': keyIn, 'c:1': keyIn };
const buckets = Array.from({ length: BUCKETS }, (_, bucket) => bucket);

test('one script on every bucket is one pipeline for each node, and so is a multi-get; answers come in the order asked', async () => {
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
  expect(pipelines).toHaveLength(1 + 1 + REDIRECTIONS_MAX); // by slot, by key, and as often as it was sent on
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
