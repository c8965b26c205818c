import { test } from '@jest/globals';
import fc from 'fast-check';
import { BATCH, VIEW } from '../testing/addresses.ts';
import { fuzzBenchOfFile, latin1, odd, requestBytes } from '../testing/fuzz-bench.ts';
import { EVENT_STREAM, NDJSON } from '../testing/stream-client.ts';

const TEST_MS = 60_000;
const { holds } = fuzzBenchOfFile();

const accept = fc
  .array(fc.oneof(fc.constantFrom(EVENT_STREAM, NDJSON, '*/*', 'text/html', `${NDJSON};q=0`), odd, latin1), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join(','));
const call = fc.record({
  accept,
  ids: fc.array(fc.constantFrom('p1', 'p2', 'ghost', 'no id'), { minLength: 1, maxLength: 6 }),
  deadlineMs: fc.integer({ min: -1, max: 300 }),
  isMap: fc.boolean(),
  lastId: fc.oneof(odd, fc.constant('end')),
});

test(
  'a batch or a map as a stream, whatever else Accept says: a whole stream, JSON, or a problem document',
  async () => {
    await holds(call, ({ accept: accepted, ids, deadlineMs, isMap, lastId }) => {
      const sent = [
        ['accept', accepted],
        ['last-event-id', lastId],
      ] as const;
      if (isMap) {
        const target = `/v1/map/estimates?${VIEW}&deadlineMs=${deadlineMs}`;
        return requestBytes({ method: 'GET', target, headers: sent });
      }
      const body = Buffer.from(JSON.stringify({ propertyIds: ids, deadlineMs }));
      const headers = [...sent, ['content-type', 'application/json'] as const];
      return requestBytes({ method: 'POST', target: BATCH, headers, body });
    });
  },
  TEST_MS,
);
