import type { FoundGroup, GroupAdmin } from '../kafka/group-admin.ts';
import type { LogReader, PartitionBounds } from '../kafka/log-reader.ts';
import {
  groupReport,
  partitionsOf,
  placeOf,
  topicsReadBy,
  unreadOf,
  type GroupFacts,
  type GroupReport,
  type Unread,
} from './group-report.ts';

const GROUP_PREFIX = 'porchlight.';
/** One batch is enough to see when its first record was made; a broker sends one whole, however large. */
const ONE_BATCH = { waitMs: 100, partitionBytesMax: 1, isolation: 'all' } as const;
const LOOKS_MAX = 20;

/** What looking at groups needs. */
export interface GroupPorts {
  readonly groups: GroupAdmin;
  readonly reader: LogReader;
  readonly now: () => number;
}

/** @returns the groups of Porchlight that the brokers know, by name */
export const porchlightGroups = async ({ groups }: Pick<GroupPorts, 'groups'>): Promise<string[]> =>
  (await groups.names()).filter((name) => name.startsWith(GROUP_PREFIX));

/** @returns what Kafka knows of one group: members, commits, and the bounds of its topics */
export async function factsOf({ groups, reader }: Omit<GroupPorts, 'now'>, found: FoundGroup): Promise<GroupFacts> {
  const committed = await groups.committedOf(found.group);
  const bounds = new Map<string, PartitionBounds[]>();
  await Promise.all(
    topicsReadBy({ found, committed }).map(async (topic) => {
      const known = await reader.boundsOf(topic);
      if (known !== undefined) bounds.set(topic, known);
    }),
  );
  return { found, committed, bounds };
}

/**
 * When the oldest unread records were made. Each record is looked at once: its time never changes, so `known` may be kept
 * between two looks.
 */
async function timestampsOf(
  reader: LogReader,
  unread: readonly Unread[],
  known: Map<string, number>,
): Promise<Map<string, number>> {
  const keyOf = (each: Unread): string => `${placeOf(each)}@${each.offset}`;
  let open = unread.filter((each) => !known.has(keyOf(each)));
  let from = open;
  for (let looks = 0; open.length > 0 && looks < LOOKS_MAX; looks += 1) {
    const fetched = await reader.fetch(from, ONE_BATCH);
    for (const each of open) {
      const first = fetched.find((answer) => placeOf(answer) === placeOf(each))?.records[0];
      if (first !== undefined) known.set(keyOf(each), first.timestamp);
    }
    open = open.filter((each) => !known.has(keyOf(each)));
    // Compacted away, or a control record: the next one that is there.
    from = open.map((each) => {
      const next = fetched.find((answer) => placeOf(answer) === placeOf(each))?.next ?? each.offset;
      return { ...each, offset: next };
    });
  }
  return new Map(
    unread.flatMap((each) => {
      const timestamp = known.get(keyOf(each));
      return timestamp === undefined ? [] : [[placeOf(each), timestamp]];
    }),
  );
}

/**
 * How groups stand: members, who owns what, lag, and how old the oldest unread record is.
 *
 * @param known ages that an earlier look has found; filled
 * @returns in the order asked; a group that nobody has heard of is `Dead` and has nothing
 * @throws {CliError} KAFKA_UNREACHABLE
 */
export async function describeGroups(
  ports: GroupPorts,
  names: readonly string[],
  known: Map<string, number> = new Map(),
): Promise<GroupReport[]> {
  const found = await ports.groups.describe(names);
  const facts = await Promise.all(found.map((each) => factsOf(ports, each)));
  return Promise.all(
    facts.map(async (each) => {
      const timestamps = await timestampsOf(ports.reader, unreadOf(partitionsOf(each)), known);
      return groupReport(each, timestamps, ports.now());
    }),
  );
}
