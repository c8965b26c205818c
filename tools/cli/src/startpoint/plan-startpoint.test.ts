import { describe, expect, test } from '@jest/globals';
import { mustReadAll } from './must-read-all.ts';
import { parseStartpoint } from './parse-startpoint.ts';
import {
  planStartpoint,
  refuseGaps,
  type Startpoint,
  type StartpointMove,
  type TopicFacts,
} from './plan-startpoint.ts';

const facts = (committed: number | null, rest: Partial<TopicFacts> = {}): TopicFacts => ({
  topic: 't',
  bounds: [{ partition: 0, low: 10, end: 100 }],
  committed: committed === null ? [] : [{ topic: 't', partition: 0, offset: committed }],
  ...rest,
});
const planned = (startpoint: Startpoint, from: TopicFacts) =>
  planStartpoint(startpoint, from).map(({ from: now, to, skipped, repeated }) => [now, to, skipped, repeated]);
const offsets = (at: number): Startpoint => ({ kind: 'offsets', offsets: new Map([[0, at]]) });

describe('what is skipped and what is read again', () => {
  test.each<[string, Startpoint, number | null, [number | null, number, number, number]]>([
    ['forwards', offsets(70), 40, [40, 70, 30, 0]],
    ['backwards', offsets(20), 40, [40, 20, 0, 20]],
    ['to where it stands', offsets(40), 40, [40, 40, 0, 0]],
    ['from behind what is kept: retention took those, not the startpoint', { kind: 'latest' }, 3, [3, 100, 90, 0]],
    [
      'from behind the end: the topic was made anew, and nothing of it was read',
      { kind: 'latest' },
      500,
      [500, 100, 90, 0],
    ],
    ['from nothing to the oldest', { kind: 'earliest' }, null, [null, 10, 0, 0]],
    ['from nothing to the end: all that is kept', { kind: 'latest' }, null, [null, 100, 90, 0]],
  ])('%s', (_, startpoint, committed, row) => {
    expect(planned(startpoint, facts(committed))).toEqual([row]);
  });

  test('to a time: each partition to its own offset, and to the end where all is older', () => {
    const bounds = [
      { partition: 0, low: 0, end: 5 },
      { partition: 1, low: 0, end: 7 },
    ];
    const at = facts(null, { bounds, offsetsAtTime: new Map([[0, 3]]) });
    expect(planned({ kind: 'time', at: 1 }, at)).toEqual([
      [null, 3, 3, 0],
      [null, 7, 7, 0],
    ]);
  });
});

describe('offsets that a partition does not hold are refused', () => {
  test.each<[string, Startpoint, RegExp]>([
    ['before the oldest', offsets(9), /0=9 lies outside t: partition 0 holds 10 to 100/],
    ['behind the end', offsets(101), /0=101 lies outside/],
    [
      'of a partition that is not there',
      { kind: 'offsets', offsets: new Map([[4, 1]]) },
      /partition 4 is none of t: it has 1/,
    ],
  ])('%s', (_, startpoint, message) => {
    expect(() => planStartpoint(startpoint, facts(40))).toThrow(message);
  });
});

describe('the invalidator must read every visibility record', () => {
  const move = (topic: string, skipped: number): StartpointMove => ({
    topic,
    partition: 0,
    from: 1,
    to: 1 + skipped,
    skipped,
    repeated: 0,
  });
  const refused = (group: string, each: StartpointMove) => {
    try {
      refuseGaps(group, [each], mustReadAll);
      return 'allowed';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  test.each([
    ['porchlight.invalidator', 'visibility.mls-rule-changed', 1, 'STARTPOINT_HIDES_CHANGE'],
    ['porchlight.invalidator', 'visibility.seller-override-changed', 1, 'STARTPOINT_HIDES_CHANGE'],
    ['porchlight.invalidator', 'listing.status-changed', 1, 'STARTPOINT_HIDES_CHANGE'],
    ['porchlight.invalidator', 'listing.status-changed', 0, 'allowed'],
    ['porchlight.invalidator', 'estimate.updated', 1, 'allowed'],
    ['porchlight.forecaster', 'map.viewport-viewed', 1, 'allowed'],
  ])('%s, %s, skipping %d: %s', (group, topic, skipped, outcome) => {
    expect(refused(group, move(topic, skipped))).toBe(outcome);
  });
});

describe('a startpoint as a person writes it', () => {
  const NOW = Date.UTC(2026, 10, 23, 12);
  test.each<[string, Startpoint | undefined]>([
    ['latest', { kind: 'latest' }],
    ['earliest', { kind: 'earliest' }],
    [
      '0=123,1=456',
      {
        kind: 'offsets',
        offsets: new Map([
          [0, 123],
          [1, 456],
        ]),
      },
    ],
    ['15m ago', { kind: 'time', at: NOW - 900_000 }],
    ['2 h', { kind: 'time', at: NOW - 7_200_000 }],
    ['2026-11-23T09:30:00Z', { kind: 'time', at: Date.UTC(2026, 10, 23, 9, 30) }],
    ['2026-11-23T09:30+01:00', { kind: 'time', at: Date.UTC(2026, 10, 23, 8, 30) }],
    ['2026-11-22', { kind: 'time', at: Date.UTC(2026, 10, 22) }],
    ['2026-11-23T09:30:00', undefined],
    ['0=1,0=2', undefined],
    ['0=-1', undefined],
    ['0=', undefined],
    ['yesterday', undefined],
    ['', undefined],
    ['2026-13-40', undefined],
  ])('%s', (text, startpoint) => {
    expect(parseStartpoint(text, NOW)).toEqual(startpoint);
  });
});
