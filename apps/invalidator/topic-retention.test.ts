import { expect, test } from '@jest/globals';
import type { TopicRetention } from '@porchlight/stream';
import { checkRetention } from './topic-retention.ts';

const WEEK_MS = 7 * 86_400_000;
const kept = (fields: Partial<TopicRetention> = {}): TopicRetention => ({
  ...{ topic: 'changes', isDeleting: true, retentionMs: 2 * WEEK_MS, retentionBytes: null },
  ...fields,
});

test.each([
  ['longer than a value lives', kept({ retentionMs: WEEK_MS + 1 })],
  ['for ever', kept({ retentionMs: null })],
  ['the last of each key, whatever its age', kept({ isDeleting: false, retentionMs: 1, retentionBytes: 1 })],
])('a log that keeps changes %s is taken', (_what, retention) => {
  expect(() => checkRetention([retention], WEEK_MS)).not.toThrow();
});

test.each([
  ['only as long as a value lives', kept({ retentionMs: WEEK_MS }), /changes keeps records for 604800000 ms/],
  ['shorter', kept({ retentionMs: 1_000 }), /not longer than a value may live: 604800000 ms/],
  ['up to a size', kept({ retentionBytes: 1_000_000 }), /changes is cut by size \(retention\.bytes=1000000\)/],
])('a log that keeps changes %s is refused, with its name and its number', (_what, retention, message) => {
  const check = () => checkRetention([kept({ topic: 'sound' }), retention], WEEK_MS);
  expect(check).toThrow(message);
  expect(check).toThrow(expect.objectContaining({ code: 'RETENTION_TOO_SHORT', fate: 'crash' }));
});
