import { CliError } from '../cli-error.ts';

/** A topic that has fewer partitions than the contracts say. */
export interface TopicGrowth {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Who reads a topic that grows. */
export interface GrowthReader {
  readonly group: string;
  readonly topics: readonly string[];
  /** It has a changelog, so its partitions are bound to those of its input. */
  readonly isStateful: boolean;
  /** Processes in the group now. */
  readonly members: number;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/**
 * Keys go to partition hash mod n. Over all hashes of one least common multiple the share that keeps its partition can be counted.
 *
 * @returns the share of keys that go to another partition after growth, 0..1
 */
export function movedShare({ from, to }: Pick<TopicGrowth, 'from' | 'to'>): number {
  const cycle = (from * to) / gcd(from, to);
  let kept = 0;
  for (let hash = 0; hash < cycle; hash += 1) if (hash % from === hash % to) kept += 1;
  return 1 - kept / cycle;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** @returns what growth would do, for the person who is asked */
export function printGrowth(growths: readonly TopicGrowth[], readers: readonly GrowthReader[]): string {
  const stateful = readers.filter(({ isStateful }) => isStateful);
  const stateless = readers.filter(({ isStateful }) => !isStateful);
  const namesOf = (each: readonly GrowthReader[]): string => each.map(({ group }) => group).join(', ');
  return [
    ...growths.map(
      (growth) =>
        `${growth.name}: ${growth.from} -> ${growth.to} partitions; ${percent(movedShare(growth))} of its keys go to another partition from then on`,
    ),
    'records that are there stay where they are: of a key that moves, older and newer records lie in two partitions, and their order between the two is lost',
    'Kafka takes no partition away again',
    ...(stateless.length === 0
      ? []
      : [`without state: ${namesOf(stateless)}; these adopt the new partitions within 60 s`]),
    ...(stateful.length === 0
      ? []
      : [
          `WITH STATE: ${namesOf(stateful)}; a process of these stops with TOPIC_GREW: see "A topic must grow" in tools/cli/README.md before you go on`,
        ]),
    ...(readers.length === 0 ? ['no group of Porchlight has read these topics'] : []),
  ].join('\n');
}

/**
 * A group with state that runs while its topic grows stops in the middle of its work: it is stopped first, on purpose.
 *
 * @throws {CliError} GROUP_ACTIVE
 */
export function refuseRunning(readers: readonly GrowthReader[]): void {
  const running = readers.filter(({ isStateful, members }) => isStateful && members > 0);
  if (running.length === 0) return;
  const who = running.map(({ group, members }) => `${group} (${members === 1 ? '1 member' : `${members} members`})`);
  throw new CliError(
    'GROUP_ACTIVE',
    `${who.join(', ')} keeps state by partition and is running; nothing was changed: stop it first (kubectl scale deployment/<app> --replicas=0), ` +
      'then read "A topic must grow" in tools/cli/README.md',
  );
}
