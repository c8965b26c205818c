import { nothingHappens, type MarkWorld } from './state.ts';

const one = [{ bucket: 0, partition: 0 }];
const twoPartitions = [...one, { bucket: 0, partition: 1 }];
const twoBuckets = [...one, { bucket: 1, partition: 0 }];

const base = {
  homes: one,
  buckets: 1,
  partitions: 1,
  processes: 1,
  reader: 'sees',
  isRunning: true,
} as const satisfies Partial<MarkWorld>;

/** A memory is replaced by an older one, or by nothing. */
export const failoverWorlds: readonly MarkWorld[] = [
  {
    ...base,
    name: 'two failovers',
    about: 'copies without the last changes take over, also of one another, while the invalidator works, rests or lags',
    limits: { ...nothingHappens, changes: 2, copies: 2, failovers: 2 },
  },
  {
    ...base,
    name: 'a value on its way',
    about: 'a fill with facts of before meets a failover that loses the change and its mark',
    limits: { ...nothingHappens, changes: 2, fills: 1, copies: 1, failovers: 1 },
  },
  {
    ...base,
    name: 'from nothing',
    about: 'no marks at all, and then an old memory that has none either',
    isRunning: false,
    limits: { ...nothingHappens, changes: 1, fills: 1, copies: 1, failovers: 1 },
  },
  {
    ...base,
    name: 'a restart with nothing',
    about: 'and an old memory after that',
    limits: { ...nothingHappens, changes: 1, fills: 1, copies: 1, restarts: 1, failovers: 1 },
  },
  {
    ...base,
    name: 'keys put back by hand',
    about: 'an old memory under the same run, told by its mark alone',
    limits: { ...nothingHappens, changes: 2, copies: 1, putBacks: 1 },
  },
  {
    ...base,
    name: 'a bucket that moves',
    about: 'to another node, with all that it holds; and a failover before or after',
    limits: { ...nothingHappens, changes: 2, moves: 1, copies: 1, failovers: 1 },
  },
];

/** More than one process takes a partition for its own. */
export const ownerWorlds: readonly MarkWorld[] = [
  {
    ...base,
    name: 'a zombie in a rebalance, and a failover',
    about: 'two processes take themselves for the owner while the memory goes back',
    processes: 2,
    limits: { ...nothingHappens, changes: 1, copies: 1, failovers: 1, takeovers: 1 },
  },
  {
    ...base,
    name: 'a rebalance costs nothing',
    about: 'nothing is lost, so no bucket takes back what it acknowledged',
    processes: 2,
    limits: { ...nothingHappens, changes: 2, takeovers: 1 },
  },
  {
    ...base,
    name: 'a rebalance at the first begin',
    about: 'two processes find that no bucket knows of the partition',
    processes: 2,
    isRunning: false,
    limits: { ...nothingHappens, changes: 1, takeovers: 1 },
  },
];

/** Partitions and buckets that are not equally far. */
export const bucketWorlds: readonly MarkWorld[] = [
  {
    ...base,
    name: 'two partitions',
    about: 'one is behind the other, and the memory goes back',
    homes: twoPartitions,
    partitions: 2,
    limits: { ...nothingHappens, changes: 1, copies: 1, failovers: 1 },
  },
  {
    ...base,
    name: 'two buckets',
    about: 'one goes back, the other does not',
    homes: twoBuckets,
    buckets: 2,
    limits: { ...nothingHappens, changes: 2, failovers: 1 },
  },
  {
    ...base,
    name: 'a bucket that does not answer',
    about: 'its change is passed over, so that others go on',
    homes: twoBuckets,
    buckets: 2,
    limits: { ...nothingHappens, changes: 2, doubts: 1 },
  },
  {
    ...base,
    name: 'a change that names no home',
    about: 'everything is checked once more, also after a failover that lost the order to do so',
    limits: { ...nothingHappens, changes: 2, unreadables: 1, copies: 1, failovers: 1 },
  },
];

/** The log has lost what is needed. */
export const logWorlds: readonly MarkWorld[] = [
  {
    ...base,
    name: 'two hours behind',
    about: 'the invalidator was down, and the log no longer has what the memory needs',
    limits: { ...nothingHappens, changes: 2, copies: 1, failovers: 1, trims: 1, crashes: 1 },
  },
];

/** What a reader has read before. */
export const readerWorlds: readonly MarkWorld[] = [
  {
    ...base,
    name: 'a topic that grows',
    about: "a reader has the relay's row of before; a home's changes now go to a partition that nobody reads yet",
    homes: twoPartitions,
    reader: 'polls',
    limits: { ...nothingHappens, changes: 1, grows: 1 },
  },
  {
    ...base,
    name: 'a reader that polls',
    about: 'what it read before a failover does not count after it',
    reader: 'polls',
    limits: { ...nothingHappens, changes: 1, copies: 1, failovers: 1 },
  },
];

/** What marks are for, each with the faults that it takes to need them. */
export const markWorlds: readonly MarkWorld[] = [
  ...failoverWorlds,
  ...ownerWorlds,
  ...bucketWorlds,
  ...logWorlds,
  ...readerWorlds,
];

const named = (name: string): MarkWorld => {
  const world = markWorlds.find((each) => each.name === name);
  if (world === undefined) throw new Error(`no world of marks is called ${name}`);
  return world;
};

/** Orders and names that no function of ours shows: each is taken out of a world, which must break. */
export const brokenMarkWorlds: readonly MarkWorld[] = [
  { ...named('a rebalance costs nothing'), without: 'T before the end' },
  { ...named('from nothing'), without: 'since after the position' },
  { ...named('two failovers'), without: 'the replication id' },
  { ...named('a topic that grows'), without: 'the cap by the row' },
];

/** The faults together, and more of them: for `check -- model`. */
export const largeMarkWorlds: readonly MarkWorld[] = [
  {
    ...base,
    name: 'all of one owner',
    about: 'failovers, a move, retention and a crash, together',
    limits: { ...nothingHappens, changes: 2, copies: 1, failovers: 1, moves: 1, trims: 1, crashes: 1 },
  },
  {
    ...base,
    name: 'values on their way',
    about: 'fills with facts of before, two failovers and a restart with nothing',
    limits: { ...nothingHappens, changes: 2, fills: 1, copies: 1, failovers: 1, restarts: 1 },
  },
  {
    ...base,
    name: 'all of two owners',
    about: 'a takeover, a zombie, a failover and two changes',
    processes: 2,
    limits: { ...nothingHappens, changes: 2, copies: 1, failovers: 1, takeovers: 1 },
  },
];
