import { findOrderViolations } from './find-order-violations.ts';
import { findOvercommits } from './find-overcommits.ts';
import type { InputRecord, RunObservation } from './observation.ts';
import { placeOf, tellPlace } from './place.ts';

/** What a run is held to, beside the rules that have no number. */
export interface RunBounds {
  /** How many records of a member may come twice: what lies between two of its commits if it was killed, else 0. */
  readonly repeatsMax: (member: string) => number;
}

/** What was seen, and what of it is against the promises; empty `violations` is a pass. */
export interface Verdict {
  readonly acknowledged: number;
  /** Records that the producer's client put into the input more than once: the input's own, not the group's. */
  readonly sentTwice: number;
  readonly processed: number;
  readonly lost: number;
  readonly repeated: number;
  readonly repeatedOf: Readonly<Record<string, number>>;
  readonly samples: number;
  readonly violations: readonly string[];
}

/** So many of a kind are told in full. */
const EXAMPLES_MAX = 3;

/** The first few, and how many there are; nothing of nothing. */
export function tellSome(what: string, all: readonly string[]): string[] {
  if (all.length === 0) return [];
  const more = all.length > EXAMPLES_MAX ? ` and ${all.length - EXAMPLES_MAX} more` : '';
  return [`${what}: ${all.slice(0, EXAMPLES_MAX).join('; ')}${more}`];
}

/**
 * Judges a run by everything that is known of it: nothing acknowledged is lost, repeats stay within their bound, the order of each key is kept,
 * and no commit ran ahead of the outputs it stands for.
 */
export function judgeRun(observation: RunObservation, { repeatsMax }: RunBounds): Verdict {
  const { acknowledged, input, output, samples } = observation;
  const notInInput = findMissingSends(acknowledged, input);
  const unprocessed = findUnprocessed(observation);
  const { made, repeatedOf } = countRepeats(observation);
  const tooMany = Object.entries(repeatedOf)
    .filter(([member, count]) => count > repeatsMax(member))
    .map(([member, count]) => `${count} of ${member}, which may repeat ${repeatsMax(member)}`);
  const inInput = new Set(input.map(placeOf));
  const invented = [...made].filter((place) => !inInput.has(place)).map(tellPlace);
  return {
    acknowledged: [...acknowledged.values()].reduce((sum, count) => sum + count, 0),
    sentTwice: input.length - new Set(input.map(({ key, sequence }) => `${key} ${sequence}`)).size,
    processed: made.size,
    lost: notInInput.length + unprocessed.length,
    repeated: output.length - made.size,
    repeatedOf,
    samples: samples.length,
    violations: [
      ...tellSome('lost by the brokers', notInInput),
      ...tellSome('lost by the group', unprocessed),
      ...tellSome('repeated beyond the bound', tooMany),
      ...tellSome('made of no record of the input', invented),
      ...tellSome('out of order', findOrderViolations(observation)),
      ...tellSome('committed too early', findOvercommits(observation)),
    ],
  };
}

function findMissingSends(acknowledged: ReadonlyMap<string, number>, input: readonly InputRecord[]): string[] {
  const there = new Set(input.map(({ key, sequence }) => `${key} ${sequence}`));
  return [...acknowledged].flatMap(([key, count]) =>
    Array.from({ length: count }, (_none, sequence) => `${key} ${sequence}`).filter((sent) => !there.has(sent)),
  );
}

function findUnprocessed({ input, output, endedOtherwise = [] }: RunObservation): string[] {
  const ended = new Set([...output, ...endedOtherwise].map(placeOf));
  return input
    .map(placeOf)
    .filter((place) => !ended.has(place))
    .map((place) => `input ${tellPlace(place)}`);
}

/** A repeat is put down to the member whose earlier output it repeats: that one's work was not committed. */
function countRepeats({ output }: RunObservation): { made: Set<number>; repeatedOf: Record<string, number> } {
  const lastMadeBy = new Map<number, string>();
  const repeatedOf: Record<string, number> = {};
  for (const record of output) {
    const place = placeOf(record);
    const earlier = lastMadeBy.get(place);
    if (earlier !== undefined) repeatedOf[earlier] = (repeatedOf[earlier] ?? 0) + 1;
    lastMadeBy.set(place, record.member);
  }
  return { made: new Set(lastMadeBy.keys()), repeatedOf };
}
