import type { OffsetSample, OutputRecord, RunObservation } from '../observation.ts';

const RECORDS = 6;

/** The output of one record; `by` is `member` or `member#assignment`. Its place in the output is that in the list, see `inLogOrder`. */
export function made(offset: number, by = 'a'): Omit<OutputRecord, 'outputOffset'> {
  const [member = '', assignment = '0'] = by.split('#');
  return { outputPartition: 0, key: 'k', partition: 0, offset, member, assignment: Number(assignment), madeAt: 0 };
}

export const inLogOrder = (outputs: readonly Omit<OutputRecord, 'outputOffset'>[]): OutputRecord[] =>
  outputs.map((record, outputOffset) => ({ ...record, outputOffset }));

export const sampled = (committed: number, outputEnd: number): OffsetSample => ({
  at: 0,
  committed: [committed],
  inputEnds: [RECORDS],
  outputEnds: [outputEnd],
});

/** Six records of one key, sent, processed once by `a` and committed as it should be. */
export function tidyRun(): RunObservation {
  const offsets = Array.from({ length: RECORDS }, (_none, offset) => offset);
  return {
    acknowledged: new Map([['k', RECORDS]]),
    input: offsets.map((offset) => ({ partition: 0, offset, key: 'k', sequence: offset, timestamp: 0 })),
    output: inLogOrder(offsets.map((offset) => made(offset))),
    samples: [sampled(-1, 0), sampled(2, 3), sampled(RECORDS, RECORDS)],
  };
}

/** The tidy run with the outputs that were made in this order: `'3'` by `a`, `'b 3'` by `b`, `'a#2 3'` in its second assignment. */
export function runMaking(...outputs: readonly string[]): RunObservation {
  const parsed = outputs.map((text) => {
    const [by, offset] = text.includes(' ') ? text.split(' ') : ['a', text];
    return made(Number(offset), by);
  });
  return { ...tidyRun(), output: inLogOrder(parsed), samples: [] };
}
