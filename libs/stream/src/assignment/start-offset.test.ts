import { describe, expect, test } from '@jest/globals';
import { processing, reading } from '../testing/test-bed.ts';
import { decodeNote, encodeNote } from './commit-note.ts';
import { beginningOf, decideStart, startPoliciesOf, type StartFacts } from './start-offset.ts';

const facts = (fields: Partial<StartFacts>): StartFacts => ({
  ...{ told: null, committed: 50n, beginning: 0n, earliest: 10n, end: 100n, fresh: null },
  ...fields,
});

describe('where an assignment begins', () => {
  test('where the group has come to, whatever else there is', () => {
    expect(decideStart(facts({ beginning: 100n }))).toEqual({ nextOffset: 50n, outOfRange: null, skipped: null });
  });

  test.each([
    [10n, 'the earliest record'],
    [100n, 'the end'],
  ])('at a committed offset of %s, which is %s, too', (committed) => {
    expect(decideStart(facts({ committed }))).toEqual({ nextOffset: committed, outOfRange: null, skipped: null });
  });

  test.each([
    [9n, 'below what retention has left'],
    [101n, 'past the end of a topic that was made again'],
  ])('at the earliest record, and never at the end, when the committed offset %s is %s', (committed) => {
    const outOfRange = { from: committed, to: 10n };
    expect(decideStart(facts({ committed }))).toEqual({ nextOffset: 10n, outOfRange, skipped: null });
  });

  test('without a commit at the beginning, which is no loss', () => {
    expect(decideStart(facts({ committed: null, beginning: 10n }))).toEqual({
      nextOffset: 10n,
      outOfRange: null,
      skipped: null,
    });
  });

  test('at the first young record where old ones are skipped', () => {
    const skipped = { from: 50n, to: 80n };
    expect(decideStart(facts({ fresh: 80n }))).toEqual({ nextOffset: 80n, outOfRange: null, skipped });
  });

  test('never further back than the group has come, though younger records lie before', () => {
    expect(decideStart(facts({ fresh: 30n }))).toEqual({ nextOffset: 50n, outOfRange: null, skipped: null });
  });

  test('past both what was lost and what is too old', () => {
    const both = { outOfRange: { from: 5n, to: 10n }, skipped: { from: 10n, to: 80n } };
    expect(decideStart(facts({ committed: 5n, fresh: 80n }))).toEqual({ nextOffset: 80n, ...both });
  });
});

describe('the beginning of a partition without a commit', () => {
  test('is the earliest record for a task that says so', () => {
    expect(beginningOf('earliest', [encodeNote({ sinceMs: 5 })])).toBe('earliest');
  });

  test('is the end for a group that is new to the topic', () => {
    expect(beginningOf('latest', [])).toBe('end');
  });

  test('is what came since the group began, once it has begun', () => {
    expect(beginningOf('latest', [encodeNote({ sinceMs: 700 }), null, encodeNote({ sinceMs: 600 })])).toEqual({
      sinceMs: 600,
    });
  });

  test('is the earliest record when nobody knows since when the group reads: too much is better than too little', () => {
    expect(beginningOf('latest', [null, 'set by hand', encodeNote({ sinceMs: null })])).toBe('earliest');
  });
});

describe('the note of a commit', () => {
  test.each([{ sinceMs: null }, { sinceMs: 1_764_000_000_000 }])('comes back as it was written: %j', (note) => {
    expect(decodeNote(encodeNote(note))).toEqual(note);
  });

  test.each([null, '', 'porchlight since=', 'somebody else', 'porchlight since=1x'])('%j is not ours', (metadata) => {
    expect(decodeNote(metadata)).toBeUndefined();
  });
});

describe('what a definition says of its start', () => {
  const definition = (more: object) => reading({ name: 'a' }, () => processing(() => undefined), more);

  test('is for its own inputs; one that says nothing is caught up in full', () => {
    const skipping = {
      ...definition({ startFrom: 'latest', catchUp: { skipOlderThanMs: 10 } }),
      inputs: [{ name: 'b' }],
    };
    const policyOf = startPoliciesOf([definition({}), skipping]);
    expect([policyOf('a'), policyOf('b')]).toEqual([
      { startFrom: 'earliest', catchUp: 'all' },
      { startFrom: 'latest', catchUp: { skipOlderThanMs: 10 } },
    ]);
  });

  test.each([0, -1, Number.NaN])('is refused when it would skip what is older than %s ms', (skipOlderThanMs) => {
    expect(() => startPoliciesOf([definition({ catchUp: { skipOlderThanMs } })])).toThrow(
      expect.objectContaining({ code: 'BAD_SETTING' }),
    );
  });
});
