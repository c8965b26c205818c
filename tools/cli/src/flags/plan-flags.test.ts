import { expect, test } from '@jest/globals';
import { memoryFlagStore, printFlags, type FlagsDocument } from '@porchlight/rollout';
import { planReset, planResetAll, planSet } from './plan-flags.ts';
import { printFlag, printFlagList, printFlagsPlan } from './print-flags.ts';

const document: FlagsDocument = {
  version: 7,
  changedAt: 1_700_000_000_000,
  flags: {
    'cache.read': { percent: 1, cohort: 'on', rest: 'off' },
    'forecast.strategy': { percent: 100, cohort: 'ring', rest: 'default' },
  },
};
const storeOf = () => memoryFlagStore(printFlags(document));

test('a share that grows says who moves, and that nobody else does', async () => {
  const plan = await planSet(storeOf(), { flag: 'cache.read', percent: 50 }, 5);
  expect(plan.next).toMatchObject({
    version: 8,
    changedAt: 5,
    flags: { ...document.flags, 'cache.read': { percent: 50 } },
  });
  expect(plan.seen).toBe(printFlags(document));
  expect(printFlagsPlan(plan).split('\n')).toEqual([
    'cache.read: on 1 %, off 99 % -> on 50 %, off 50 %',
    '  moves 49 % of sessions from off to on; nobody else',
    'as version 8, in force everywhere within 2 s',
  ]);
});

test('what is so already is nothing to change', async () => {
  const plan = await planSet(storeOf(), { flag: 'cache.read', percent: 99, cohort: 'off' }, 5);
  expect([plan.flags, printFlagsPlan(plan)]).toEqual([[], 'nothing to change: it is so already']);
  expect((await planReset(storeOf(), 'cache.warmup', 5)).flags).toEqual([]);
});

test('a rule that says what is usual anyway moves nobody, and is a change: metrics name its cohorts', async () => {
  const plan = await planSet(storeOf(), { flag: 'cache.soft-refresh', percent: 100 }, 5);
  expect(printFlagsPlan(plan)).toContain('cache.soft-refresh: on (as usual) -> on 100 %\n  nobody moves\n');
});

test('a flag that is forgotten is as usual', async () => {
  const plan = await planReset(storeOf(), 'forecast.strategy', 5);
  expect(printFlagsPlan(plan)).toContain('moves 100 % of sessions from ring to default');
  expect(Object.keys(plan.next.flags)).toEqual(['cache.read']);
});

test('all of them are forgotten at once, also where nobody can read what lies there', async () => {
  const plan = await planResetAll(storeOf(), 5);
  expect(plan).toMatchObject({ isDamaged: false, next: { version: 8, flags: {} } });
  expect(plan.flags.map(({ flag }) => flag)).toEqual(['cache.read', 'forecast.strategy']);
  expect(await planResetAll(memoryFlagStore('{'), 5)).toMatchObject({
    isDamaged: true,
    seen: '{',
    next: { version: 1 },
  });
  await expect(planSet(memoryFlagStore('{'), { flag: 'cache.read', percent: 1 }, 5)).rejects.toMatchObject({
    code: 'FLAGS_REFUSED',
  });
});

test('a flag that there is not is told before Redis is asked', async () => {
  const store = memoryFlagStore();
  store.isAway = true;
  const refused = { code: 'FLAG_CHANGE_REFUSED', message: expect.stringContaining('there are cache.read') };
  await expect(planSet(store, { flag: 'cache.reed', percent: 1 }, 5)).rejects.toMatchObject(refused);
  await expect(planReset(store, 'cache.reed', 5)).rejects.toMatchObject(refused);
});

test('the list has every flag with who has what', () => {
  const lines = printFlagList(document).split('\n');
  expect(lines.slice(0, 3).map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
    ['flag', 'by', 'now'],
    ['cache.read', 'session', 'on 1 %, off 99 %'],
    ['cache.warmup', 'session', 'on (as usual)'],
  ]);
  expect([lines[4], lines.at(-1)]).toEqual([
    expect.stringContaining('ring 100 %'),
    'version 7, of 2023-11-14T22:13:20.000Z',
  ]);
});

test('one flag is shown with its cohorts, and a key with the one it is in', () => {
  expect(printFlag('forecast.strategy', document, 'ring').split('\n').slice(1, 5)).toEqual([
    'now      ring 100 %',
    'by       session',
    'cohorts  thin-ring, ring, next-views, default; as usual: default',
    'key      in ring',
  ]);
});
