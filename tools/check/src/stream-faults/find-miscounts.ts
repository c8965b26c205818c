import type { RunObservation } from './observation.ts';
import { placeOf } from './place.ts';

/**
 * What a task with state counted wrongly: the n-th record of a key must always have been counted as the n-th, in a repeat too, whoever made it. A
 * higher number means that a redelivery was counted twice, a lower one that state was lost.
 */
export function findMiscounts({ input, output }: RunObservation): string[] {
  const expected = new Map<number, number>();
  const soFar = new Map<string, number>();
  for (const { partition, offset, key } of input) {
    const stream = `${partition} ${key}`;
    const count = (soFar.get(stream) ?? 0) + 1;
    soFar.set(stream, count);
    expected.set(placeOf({ partition, offset }), count);
  }
  return output.flatMap(({ partition, offset, key, count, member }) => {
    const right = expected.get(placeOf({ partition, offset }));
    return count === right
      ? []
      : [`input ${partition}/${offset} (${key}) was counted as ${count ?? 'nothing'} by ${member}, not as ${right}`];
  });
}
