import { expect, test } from '@jest/globals';
import type { Serde, Topic } from '../port.ts';
import type { StreamTracing } from '../tracing.ts';
import { RecordCollector } from './record-collector.ts';

const output: Topic<Buffer> = { name: 'out' };
const asItIs: Serde = { encode: (_topic, value) => value as Buffer, decode: (_topic, bytes) => bytes as never };
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const LIMIT = 1_000;

function setUp(sampled: boolean) {
  const ends: (Error | undefined)[] = [];
  const tracing: StreamTracing = {
    process: (_at, _traceparent, settle) => settle(),
    send: () => (sampled ? { traceparent: TRACEPARENT, end: (refused) => void ends.push(refused) } : null),
  };
  return { collector: new RecordCollector(asItIs, {}, LIMIT, tracing), ends };
}

test('an output has the same fate whether its trace was chosen or not, and with a span it still fits', () => {
  const fateOf = (bytes: number, sampled: boolean) => {
    const { collector, ends } = setUp(sampled);
    try {
      collector.send(output, 'k', Buffer.alloc(bytes));
    } catch (error) {
      return [(error as { code: string }).code, ends.length];
    }
    const [sent] = collector.outputs;
    const headers = Object.entries(sent?.headers ?? {}).flatMap(([name, value]) => [name.length, value.length]);
    return [...headers, 1, bytes].reduce((sum, each) => sum + each, 0) <= LIMIT;
  };
  const sizes = Array.from({ length: 200 }, (_, at) => LIMIT - 150 + at);
  expect(sizes.map((bytes) => fateOf(bytes, true))).toEqual(sizes.map((bytes) => fateOf(bytes, false)));
  expect([fateOf(LIMIT - 150, true), fateOf(LIMIT, true)]).toEqual([true, ['OUTPUT_TOO_LARGE', 0]]);
});
