import { expect, test } from '@jest/globals';
import { BUCKETS, bucketOf, valueKeyOf } from '../../../keys.ts';
import { ValuesText } from '../read-text.ts';
import { REDIRECTIONS_MAX } from './cluster-transport.ts';
import { SLOTS, slotOf } from './slot-of.ts';
import { replyError, threeNodes, type Answer, type ThreeNodesOptions } from './testing/three-nodes.ts';

const text = new ValuesText('e1');
const ids = Array.from({ length: 300 }, (_, n) => `home-${n * 37}`);
const keyOf = (id: string) => valueKeyOf(id, 'e1');
const keys = ids.map(keyOf);

/** A value is its own key here. */
const echo: Answer = ([name, ...asked]) => {
  const values = asked.map((key) => Buffer.from(key));
  return name === 'mget' ? values : values[0];
};
const allEcho = { 'a:1': echo, 'b:1': echo, 'c:1': echo };
const slotIn = ([, key = '']: string[]): number => slotOf(key);
const nodeOf = (id: string): number => Math.floor((slotOf(keyOf(id)) * 3) / SLOTS);

async function readOn(options: ThreeNodesOptions, asked: readonly string[]) {
  const { transport, writes, taken, looks } = threeNodes(options);
  const values = await transport.getValues(asked, text, (found) => found.map((value) => value && String(value)));
  return { values, writes, taken, looks: looks() };
}

test('homes of all buckets cost each node one write, of one GET or MGET for a bucket; values come in the order asked', async () => {
  const { values, writes } = await readOn({ answers: allEcho }, ids);
  expect(values).toEqual(keys);
  expect(writes.map(({ address }) => address).toSorted()).toEqual(['a:1', 'b:1', 'c:1']);
  const commands = writes.flatMap((write) => write.commands);
  expect(commands.length).toBe(new Set(ids.map(bucketOf)).size);
  expect(commands.every(([name, ...asked]) => name === (asked.length === 1 ? 'get' : 'mget'))).toBe(true);
});

test('one home is one GET to the node that has it, and no homes are no question', async () => {
  const [id = ''] = ids;
  const { values, writes } = await readOn({ answers: allEcho }, [id]);
  expect(values).toEqual([keyOf(id)]);
  expect(writes).toEqual([{ address: ['a:1', 'b:1', 'c:1'][nodeOf(id)], commands: [['get', keyOf(id)]] }]);
  expect(await readOn({ answers: allEcho }, [])).toMatchObject({ values: [], writes: [] });
});

test('a home that is asked for twice is answered twice', async () => {
  const [one = '', other = ''] = ids;
  const { values } = await readOn({ answers: allEcho }, [one, other, one]);
  expect(values).toEqual([one, other, one].map(keyOf));
});

test('reads of one turn share writes, and each gets its own answer', async () => {
  const { transport, writes } = threeNodes({ answers: allEcho });
  const [first, ...others] = ids.filter((id) => nodeOf(id) === 1).slice(0, 5);
  const asked = [first ?? '', ...others];
  const found = await Promise.all(asked.map((id) => transport.getValues([id], text, ([value]) => String(value))));
  expect(found).toEqual(asked.map(keyOf));
  expect(writes.map(({ address, commands }) => [address, commands.length])).toEqual([
    ['b:1', 2],
    ['b:1', 2],
    ['b:1', 1],
  ]);
  expect(writes.flatMap(({ commands }) => commands)).toEqual(asked.map((id) => ['get', keyOf(id)]));
});

test.each([['one home', 1, ['a:1', 'b:1']] as const, ['many homes', 300, ['a:1', 'b:1', 'b:1', 'c:1']] as const])(
  'what has moved is asked for where it is now, and whoever said so is believed: %s',
  async (_, size, askedAt) => {
    const asked = ids.filter((id) => size > 1 || nodeOf(id) === 0).slice(0, size);
    const moved: Answer = (command) => replyError(`MOVED ${slotIn(command)} b:1`);
    const { values, taken, writes } = await readOn({ answers: { ...allEcho, 'a:1': moved } }, asked);
    expect(values).toEqual(asked.map(keyOf));
    expect(writes.map(({ address }) => address).toSorted()).toEqual(askedAt);
    expect(taken.length).toBeGreaterThan(0);
    expect(taken.every(({ kind, address }) => kind === 'moved' && address === 'b:1')).toBe(true);
  },
);

test('a bucket whose homes are on both sides of a move is asked for one by one', async () => {
  const halfMoved: Answer = (command) =>
    command[0] === 'mget' ? replyError('TRYAGAIN Multiple keys request during rehashing of slot') : echo(command);
  const { values } = await readOn({ answers: { ...allEcho, 'a:1': halfMoved } }, ids);
  expect(values).toEqual(keys);
});

test('what is on its way is asked for there with leave to answer', async () => {
  const [id = ''] = ids.filter((each) => nodeOf(each) === 0);
  const onItsWay: Answer = () => replyError(`ASK ${slotOf(keyOf(id))} b:1`);
  const { values, writes } = await readOn({ answers: { ...allEcho, 'a:1': onItsWay } }, [id]);
  expect(values).toEqual([keyOf(id)]);
  expect(writes.at(-1)).toEqual({ address: 'b:1', commands: [['asking'], ['get', keyOf(id)]] });
});

test.each([['one home', 1] as const, ['many homes', 50] as const])(
  'nodes that send each other the same read are given up on, and nobody sees what they said: %s',
  async (_, size) => {
    const asked = ids.filter((id) => nodeOf(id) === 0).slice(0, size);
    const answers = {
      'a:1': (command: string[]) => replyError(`MOVED ${slotIn(command)} b:1`),
      'b:1': (command: string[]) => replyError(`MOVED ${slotIn(command)} a:1`),
    };
    const { transport, writes } = threeNodes({ answers });
    const read = transport.getValues(asked, text, () => 'an answer');
    await expect(read).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
    expect(writes).toHaveLength(1 + 1 + REDIRECTIONS_MAX); // where it was thought to be, and then as often as it is sent on
  },
);

test('the homes of a lost node are misses, and the cluster is looked at again; all of them lost is told', async () => {
  const lost: Answer = () => new Error('Connection is closed.');
  const { values, looks } = await readOn({ answers: { ...allEcho, 'b:1': lost } }, ids);
  expect(values).toEqual(ids.map((id) => (nodeOf(id) === 1 ? null : keyOf(id))));
  expect(looks).toBeGreaterThan(0);
  const { transport } = threeNodes({ answers: { ...allEcho, 'b:1': lost } });
  for (const asked of [ids.filter((id) => nodeOf(id) === 1), ids.filter((id) => nodeOf(id) === 1).slice(0, 1)]) {
    const read = transport.getValues(asked, text, () => 'an answer');
    await expect(read).rejects.toMatchObject({ code: 'CACHE_UNAVAILABLE' });
  }
});

test.each([['one home', 1] as const, ['many homes', 300] as const])(
  'what belongs to a node that is not connected is asked for one by one, when it is: %s',
  async (_, size) => {
    const asked = ids.filter((id) => size > 1 || nodeOf(id) === 2).slice(0, size);
    const { values, writes } = await readOn({ answers: allEcho, closed: ['c:1'] }, asked);
    expect(values).toEqual(asked.map(keyOf));
    const toClosed = writes.filter(({ address }) => address === 'c:1').flatMap(({ commands }) => commands);
    expect(toClosed.map(([name]) => name)).toEqual(toClosed.map(() => 'get'));
    expect(toClosed).toHaveLength(asked.filter((id) => nodeOf(id) === 2).length);
  },
);

test('a key of a type that nobody here writes is a miss, alone and among others', async () => {
  const [id = ''] = ids;
  const wrongType: Answer = (command) =>
    command[0] === 'get' && command[1] === keyOf(id) ? replyError('WRONGTYPE Operation against a key') : echo(command);
  const answers = { 'a:1': wrongType, 'b:1': wrongType, 'c:1': wrongType };
  expect((await readOn({ answers }, [id])).values).toEqual([null]);
  const others = ids.filter((each) => bucketOf(each) !== bucketOf(id));
  expect((await readOn({ answers }, [...others, id])).values).toEqual([...others.map(keyOf), null]);
});

test('an id that is none is refused at once, alone and among others, and nothing is asked', () => {
  const { transport, writes } = threeNodes({ answers: allEcho });
  for (const asked of [['a}b'], [...ids, 'a}b'], ['']]) {
    expect(() => transport.getValues(asked, text, () => 'an answer')).toThrow('[A-Za-z0-9_-]{1,64}');
  }
  expect(writes).toEqual([]);
});

test('every bucket is asked of the node that has its slot', async () => {
  const wrong: string[] = [];
  const answerAt =
    (node: number): Answer =>
    (command) => {
      for (const key of command.slice(1)) if (Math.floor((slotOf(key) * 3) / SLOTS) !== node) wrong.push(key);
      return echo(command);
    };
  const many = Array.from({ length: 2_000 }, (_, n) => `p${n}`);
  expect(new Set(many.map(bucketOf)).size).toBe(BUCKETS);
  await readOn({ answers: { 'a:1': answerAt(0), 'b:1': answerAt(1), 'c:1': answerAt(2) } }, many);
  expect(wrong).toEqual([]);
});
