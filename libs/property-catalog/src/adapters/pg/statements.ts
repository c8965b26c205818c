import type { Statement } from './pool.ts';

/**
 * The clock of a reading: the start of the transaction. Each of these statements is its own transaction, whose start is
 * noted before the snapshot is taken. Not statement_timestamp(): in the extended protocol it is set again by Execute,
 * when the snapshot of Bind may be old already, and a change committed between the two would look as if it had been seen.
 */
const READ_AT = 'porchlight.instant_of(transaction_timestamp())';

/** An instant after the snapshot of the statement, rounded up: nothing that the statement shows was committed later. */
const SEEN_AT = 'porchlight.instant_of(clock_timestamp()) + 1';

/**
 * A subquery for the override rather than a join: it can only be answered by the index, while a join of 500 homes may
 * be planned as a scan of every override there is.
 */
export const FACTS: Statement = {
  name: 'facts_of',
  text: `
    SELECT p.property_id, p.visibility_version::text, p.listing_status, p.mls_id,
           CASE WHEN p.deleted THEN 'nobody'
                ELSE (SELECT o.level FROM porchlight.seller_override o WHERE o.property_id = p.property_id)
           END AS override_level,
           ${READ_AT}::text AS checked_at
    FROM unnest($1::text[]) AS asked (property_id)
    JOIN porchlight.property p ON p.property_id = asked.property_id`,
};

/**
 * Ordered by id before the limit: the same homes every time, however dense the tile is.
 *
 * OFFSET 0 keeps the limit out of the inner reading. Without it the planner, which does not know how few homes a range holds,
 * may walk the primary key in order of id and throw away every home outside the tile (seen on a city that had just been
 * loaded: 50 ms a tile with 120,000 homes).
 */
export const HOMES_IN_RANGES: Statement = {
  name: 'homes_in_ranges',
  text: `
    SELECT asked.place::int, home.property_id, home.latitude, home.longitude
    FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS asked (low, high, place)
    CROSS JOIN LATERAL (
      SELECT within.property_id, within.latitude, within.longitude
      FROM (
        SELECT p.property_id, p.latitude, p.longitude
        FROM porchlight.property p
        WHERE p.morton >= asked.low AND p.morton < asked.high AND NOT p.deleted
        OFFSET 0
      ) AS within
      ORDER BY within.property_id
      LIMIT $3
    ) AS home
    ORDER BY asked.place, home.property_id`,
};

export const COUNT_IN_RANGES: Statement = {
  name: 'count_in_ranges',
  text: `
    SELECT asked.place::int, home.count::int
    FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS asked (low, high, place)
    CROSS JOIN LATERAL (
      SELECT count(*) AS count
      FROM porchlight.property p
      WHERE p.morton >= asked.low AND p.morton < asked.high AND NOT p.deleted
    ) AS home
    WHERE home.count > 0
    ORDER BY asked.place`,
};

/** One row even without a rule: the clock is always wanted. */
export const RULES: Statement = {
  name: 'mls_rules',
  text: `
    SELECT ${READ_AT}::text AS read_at, (${SEEN_AT})::text AS seen_at, r.mls_id, r.rule_version::text, r.active_level, r.off_market_level
    FROM (SELECT 1) AS always LEFT JOIN porchlight.mls_rule r ON true
    ORDER BY r.mls_id`,
};

export const PROGRESS: Statement = {
  name: 'relay_progress',
  text: `
    SELECT porchlight.instant_of(published_until)::text AS published_until_at, partitions, ${READ_AT}::text AS read_at
    FROM porchlight.relay_progress`,
};
