import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { ErrorPolicy } from '../error-policy.ts';
import type { RawRecord } from '../port.ts';
import { deadLetterHeaders } from '../run-loop/dead-letter.ts';
import { runLoopDefaults } from '../settings.ts';
import { describePromise, processing, reading, type BedRecord } from '../testing/test-bed.ts';

interface Step {
  n: number;
}

/** The broker takes everything that is sent here. */
const LENIENT = { 'max.message.bytes': '20000000', 'message.timestamp.after.max.ms': '9223372036854775807' };
const TEN_MEGABYTES = 10_000_000;
const YEAR_2100 = Date.UTC(2100, 0, 1);

const manyHeaders = (count: number, bytesEach: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`bomb-${n}`, 'x'.repeat(bytesEach)]));

interface Case {
  readonly what: string;
  readonly record: BedRecord<Step>;
  readonly errors?: ErrorPolicy;
  /** The code that it is parked under; null: it is not parked. */
  readonly parked: string | null;
  readonly isProcessed?: boolean;
  /** What of it the log would not take is cut. */
  readonly isCut?: boolean;
}

const NO_VALUE_IGNORED: ErrorPolicy = { decode: { byCode: { NO_VALUE: 'drop' } } };
const FUTURE_PARKED: ErrorPolicy = { decode: { byCode: { FUTURE_TIMESTAMP: 'park' } } };

const cases: readonly Case[] = [
  { what: 'a body cut short', record: { bytes: Buffer.from('{"n":') }, parked: 'UNDECODABLE' },
  { what: 'no body at all', record: { bytes: Buffer.alloc(0) }, parked: 'UNDECODABLE' },
  { what: 'a tombstone where none belongs', record: { key: 'k', bytes: null }, parked: 'NO_VALUE' },
  {
    what: 'a tombstone that is ignored by rule',
    record: { key: 'k', bytes: null },
    errors: NO_VALUE_IGNORED,
    parked: null,
  },
  {
    what: 'more headers than anybody means',
    record: { value: { n: 1 }, headers: manyHeaders(runLoopDefaults.inputHeadersMax + 1, 1) },
    parked: 'HEADERS_TOO_LARGE',
    isCut: true,
  },
  {
    what: 'headers of more bytes than anybody means',
    record: { value: { n: 1 }, headers: manyHeaders(2, runLoopDefaults.inputHeaderBytesMax) },
    parked: 'HEADERS_TOO_LARGE',
    isCut: true,
  },
  { what: 'ten megabytes', record: { bytes: randomBytes(TEN_MEGABYTES) }, parked: 'RECORD_TOO_LARGE', isCut: true },
  {
    what: 'a timestamp far in the future, which is ignored',
    record: { value: { n: 1 }, timestamp: YEAR_2100 },
    parked: null,
    isProcessed: true,
  },
  {
    what: 'a timestamp far in the future, parked by rule',
    record: { value: { n: 1 }, timestamp: YEAR_2100 },
    errors: FUTURE_PARKED,
    parked: 'FUTURE_TIMESTAMP',
  },
];

const headerOf = (letter: RawRecord | undefined, name: string): string | undefined => letter?.headers[name]?.toString();

describePromise('6: bad input is parked or ignored by rule, with a code, and the partition moves on', (bed) => {
  test.each(cases.map((each) => [each.what, each] as const))('%s', async (_what, each) => {
    const input = await bed().createTopic<Step>('in', 1, LENIENT);
    const seen: number[] = [];
    const definition = reading(input, () => processing(({ value }) => void seen.push(value.n)), {
      ...(each.errors === undefined ? {} : { errors: each.errors }),
    });
    await bed().append(input, [{ value: { n: 0 } }]);
    await bed().append(input, [each.record]);
    await bed().append(input, [{ value: { n: 2 } }]);
    const member = await bed().startMember([definition]);
    await bed().eventually(
      () => bed().committed(input),
      ([offset]) => offset === 3n,
      'the end of the partition',
    );
    expect(seen).toEqual(each.isProcessed === true ? [0, 1, 2] : [0, 2]);
    expect(member.state().partitions[0]).toMatchObject({ lag: 0, lagAgeMs: 0, waitingFor: null });
    const letters = await bed().deadLetters();
    expect(letters.map((letter) => headerOf(letter, deadLetterHeaders.code))).toEqual(
      each.parked === null ? [] : [each.parked],
    );
    expect(headerOf(letters[0], deadLetterHeaders.cutFrom) !== undefined).toBe(each.isCut === true);
    expect(bed().fatal).toEqual([]);
  });
});
