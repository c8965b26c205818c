/** The most ids that one call to upstream may carry (design.md section 5). */
export const SOURCE_ITEMS_MAX = 100;

/** How long a user's fetch may take: past p99.9 of a single call (numbers.md). */
export const SYNC_TIMEOUT_MS = 1_200;

/** How long a user's fetch may wait for its call to begin: with the call it stays below the lease of 1,500 ms that covers both. */
export const SYNC_QUEUE_MS = 250;

/** How long a warm-up may take: nobody waits for it (numbers.md). */
export const WARM_TIMEOUT_MS = 3_000;

/** How long a warm-up may wait for its call to begin: with the call far below its lease of 15 s. */
export const WARM_QUEUE_MS = 3_000;

/** A whole answer for 100 homes is about 15 kB; anything near this is not an answer. */
export const ANSWER_BYTES_MAX = 256 * 1024;

/** The pause after a 429 that does not say how long. */
export const RETRY_AFTER_DEFAULT_MS = 1_000;

/** The longest pause that upstream can ask for; a wrong header must not stop fetching for a day. */
export const RETRY_AFTER_MAX_MS = 60_000;

/** Connections to upstream at once: a call beyond them waits, and its time runs. */
export const CONNECTIONS_MAX = 16;

/** The time for a TCP and TLS handshake: three round trips across a continent, and a packet lost. A user's call has no more. */
export const CONNECT_TIMEOUT_MS = 1_000;

/** How long an idle connection is kept: a handshake costs more than many an answer. Below the minute after which gateways close it. */
export const KEEP_ALIVE_MS = 30_000;

/** How long a call may wait for headers, or between two bytes, whatever its own time-out: a bound for what nobody waits for any more. */
export const SILENCE_MS_MAX = 5_000;

/** Background calls stay away this many times as long after a 429: users have first what upstream gives again. */
export const BACKGROUND_PAUSE_FACTOR = 2;

/** The longest pause of anybody. */
export const PAUSE_MS_MAX = RETRY_AFTER_MAX_MS * BACKGROUND_PAUSE_FACTOR;

/** How long a call waits for the fleet's budget: some tens of round trips to Redis. Whoever gets no answer uses the local share. */
export const BUDGET_TIMEOUT_MS = 100;

/** How long Redis is not asked for the budget after it did not answer. */
export const BUDGET_REST_MS = 1_000;

/**
 * The longest that a breaker stays open between two probes, unless it is told to stay open longer from the start: how long users have
 * no answers any more although upstream is well again. A probe is one call of one process.
 */
export const BREAKER_OPEN_MS_MAX = 5_000;

/** The longest pause before a retry, unless upstream asks for more. */
export const RETRY_PAUSE_MS_MAX = 50;

/** A retry gets at least so long, about what nine of ten batches take (facts: p90 314 ms): less would mostly be paid for in vain. */
export const RETRY_LEFT_MS_MIN = 300;
