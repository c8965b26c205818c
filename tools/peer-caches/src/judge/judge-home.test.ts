import { expect, test } from '@jest/globals';
import { judgeHome, type Bounds } from './judge-home.ts';
import type { ChangeRecord, EvictionRecord, FinalRecord, ReadRecord } from './record.ts';

const bounds: Bounds = { obeyedWithinMs: 7_000, checkedWithinMs: 5_000, estimateTtlMsMax: 15_000 };
const WALL = 1_764_000_000_000;

/** A hit that took a millisecond, of a value fetched and checked just before. */
const read = (began: number, facts: number, estimate = 1, changes: Partial<ReadRecord> = {}): ReadRecord => ({
  kind: 'R',
  home: 1,
  began,
  ended: began + 1,
  facts,
  estimate,
  source: 'h',
  acquiredAt: WALL + began - 10,
  checkedAt: WALL + began - 10,
  hardExpiryAt: WALL + began + 14_000,
  wallAt: WALL + began,
  ...changes,
});
const change = (kind: ChangeRecord['kind'], began: number, version: number, removed = false): ChangeRecord => ({
  kind,
  home: 1,
  began,
  ended: began + 2,
  version,
  removed,
});
const evicted = (began: number): EvictionRecord => ({ kind: 'X', home: 1, began, ended: began + 2 });
const final = (facts: number, estimate: number): FinalRecord => ({
  kind: 'F',
  home: 1,
  facts,
  estimate,
  trueFacts: 2,
  trueEstimate: 3,
});

test('a history in which every read shows what was acknowledged before it is right', () => {
  const records = [read(0, 1), change('C', 10, 2), change('I', 20, 2, true), read(23, 2), read(30, 2, 2), final(2, 3)];
  expect(judgeHome(records, bounds)).toEqual({
    reads: 3,
    hits: 3,
    invalidations: 1,
    staleReads: 0,
    staleMsMax: 0,
    staleEstimates: 0,
    staleEstimateMsMax: 0,
    violations: [],
  });
});

test('a read that overlaps the acknowledgement may show either', () => {
  const records = [change('C', 10, 2), change('I', 20, 2, true), read(21, 1), read(21.5, 2)];
  expect(judgeHome(records, bounds).violations).toEqual([]);
});

test('a read that begins after the acknowledgement and shows older facts is stale, for as long as it goes on', () => {
  const records = [change('C', 10, 2), change('I', 20, 2, true), read(30, 1), read(522, 1), read(600, 2)];
  const verdict = judgeHome(records, bounds);
  expect(verdict).toMatchObject({ staleReads: 2, staleMsMax: 500 });
  expect(verdict.violations).toEqual([
    '2 older than an acknowledged INVALIDATE: home 1 at 30.0: facts 1, estimate 1 (h)',
  ]);
});

test('staleness counts from the first acknowledgement of something newer, however late older ones come again', () => {
  const records = [change('I', 10, 3), change('I', 50, 2), read(112, 2)];
  expect(judgeHome(records, null)).toMatchObject({ staleReads: 1, staleMsMax: 100, violations: [] });
});

test('an estimate older than an acknowledged update is counted apart, and breaks no promise', () => {
  const verdict = judgeHome([change('U', 10, 2), read(20, 1, 1, { source: 'm' }), read(30, 1, 0)], bounds);
  expect(verdict).toMatchObject({ staleReads: 0, staleEstimates: 1, staleEstimateMsMax: 8, violations: [] });
});

test('a change that the feed never brought must be obeyed within the bound all the same', () => {
  const early = judgeHome([change('C', 10, 2), read(7_000, 1)], bounds);
  const late = judgeHome([change('C', 10, 2), read(7_100, 1)], bounds);
  expect(early.violations).toEqual([]);
  expect(late.violations).toEqual(['1 against a change of long ago: home 1 at 7100.0: facts 1, estimate 1 (h)']);
});

test('a version that is shown before anybody committed it is refused', () => {
  const records = [read(10, 2), change('C', 30, 2)];
  expect(judgeHome(records, bounds).violations).toEqual([
    'shown before it was true: home 1 at 10.0: facts 2, estimate 1 (h)',
  ]);
});

test('a value that is served after its TTL, or with one that is too long, is refused', () => {
  const overdue = read(100, 1, 1, { hardExpiryAt: WALL + 40 });
  const endless = read(100, 1, 1, { hardExpiryAt: WALL + 60_000 });
  expect(judgeHome([overdue], bounds).violations).toHaveLength(1);
  expect(judgeHome([endless], bounds).violations).toHaveLength(1);
});

test('facts that were checked long ago are refused from a hit, and not after a check', () => {
  const old = { checkedAt: WALL - 6_000 };
  expect(judgeHome([read(0, 1, 1, old)], bounds).violations).toHaveLength(1);
  expect(judgeHome([read(0, 1, 1, { ...old, source: 'c' })], bounds).violations).toEqual([]);
});

test('a half that goes back between two hits is refused', () => {
  const commits = [change('C', 0, 2), change('C', 4, 3)];
  const facts = judgeHome([...commits, read(10, 3), read(20, 2)], bounds);
  const estimate = judgeHome([...commits, read(10, 2, 5), read(20, 2, 4)], bounds);
  expect(facts.violations).toHaveLength(1);
  expect(estimate.violations).toHaveLength(1);
  expect(facts.violations[0]).toMatch(/^went back from home 1 at 10.0: facts 3/);
});

test('it may go back where an eviction, an invalidation or the end of its TTL came between', () => {
  const commits = [change('C', 0, 2), change('C', 4, 3)];
  expect(judgeHome([...commits, read(10, 3), evicted(12), read(20, 2)], bounds).violations).toEqual([]);
  expect(judgeHome([...commits, read(10, 2, 5), change('I', 12, 2, true), read(20, 2, 4)], bounds).violations).toEqual(
    [],
  );
  const short = read(10, 3, 1, { hardExpiryAt: WALL + 15 });
  expect(judgeHome([...commits, short, read(20, 2)], bounds).violations).toEqual([]);
});

test('two hits that overlap may show either order', () => {
  const commits = [change('C', 0, 2), change('C', 4, 3)];
  const long = read(10, 2, 1, { ended: 30 });
  expect(judgeHome([...commits, long, read(15, 3)], bounds).violations).toEqual([]);
});

test('a home that holds something else than its sources when all is quiet is refused', () => {
  expect(judgeHome([final(2, 2)], bounds).violations).toEqual(['in the end home 1 holds 2/2, and the sources 2/3']);
});
