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
