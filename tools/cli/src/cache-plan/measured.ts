/**
 * What was measured, and by what: libs/estimate-cache/README.md, Cost. A number that changes there changes here; a test holds the two together.
 */
export const measured = {
  /** Growth of used_memory by a home in all: value, key, its share of the tables. At a million homes. */
  homeBytes: 281,
  /** MEMORY USAGE of a value with its key: what goes over the wire is less. */
  valueBytes: 214,
  /** MEMORY USAGE of a flight, which lives `flightMs` after its last miss. */
  flightBytes: 115,
  /** Commands a second of one Redis on two cores that it shared with its callers. */
  getsPerS: 121_000,
  /** MGETs of 100 homes a second of the same, as homes. */
  mgetHomesPerS: 1_400_000,
  fillsPerS: 19_600,
} as const;

/** How long a flight is kept (`keepMs`). */
export const FLIGHT_MS = 120_000;
/** Share of what was measured that is planned with: a server that is half idle answers bursts, and a failover. */
export const BUSY_SHARE = 0.5;
/**
 * Memory of the machine beyond maxmemory: what the allocator wastes (5 to 10 %), replication and client buffers, and pages that are written while a
 * copy is brought up to date or the AOF is rewritten.
 */
export const HEADROOM_SHARE = 0.3;
/** Memory that a shard is filled to: one that is larger takes minutes to copy to a new replica. */
export const SHARD_GIB_USUAL = 16;
export const GIB = 1_073_741_824;
