import type { ListingStatusChanged, MlsRuleChanged, SellerOverrideChanged, Topic } from '@porchlight/contracts';
import type { OutboxRow } from '@porchlight/property-catalog';
import { z } from 'zod';
import type { ChangeRecord } from './change-log.ts';

/** The topic of each kind of change, by the name of its record. */
export interface ChangeTopics {
  readonly ListingStatusChanged: Topic<ListingStatusChanged>;
  readonly SellerOverrideChanged: Topic<SellerOverrideChanged>;
  readonly MlsRuleChanged: Topic<MlsRuleChanged>;
}

/** What turns values into Avro; `createSerde` of @porchlight/contracts does. */
export interface ChangeEncoder {
  encode<V>(topic: Topic<V>, value: V): Buffer;
}

/** An outbox row that no record can be made of. Parked: it would fail for ever. The text names a field, never its value. */
export class BadOutboxRow extends Error {
  override readonly name = 'BadOutboxRow';
  readonly code = 'BAD_OUTBOX_ROW';
  readonly fate = 'park';
}

const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const version = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const changedAt = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const level = z.enum(['unregistered', 'registered', 'verified', 'agent', 'nobody']);

/** What the triggers write. A field more is left out: the next version's triggers may run before its relay does. */
const payloads = {
  ListingStatusChanged: z.object({
    propertyId: id,
    visibilityVersion: version,
    status: z.enum(['active', 'off_market']),
    mlsId: id.nullable(),
    changedAt,
  }),
  SellerOverrideChanged: z.object({
    propertyId: id,
    visibilityVersion: version,
    level: level.nullable(),
    changedAt,
  }),
  MlsRuleChanged: z.object({
    mlsId: id,
    ruleVersion: version,
    activeLevel: level,
    offMarketLevel: level,
    changedAt,
  }),
};

/** @throws {BadOutboxRow} naming the fields that are wrong */
function valueOf<V>(schema: z.ZodType<V>, row: OutboxRow, keyOf: (value: V) => string): V {
  const parsed = schema.safeParse(row.payload);
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path, code }) => `${path.join('.') || 'payload'} (${code})`);
    throw new BadOutboxRow(`${row.type} with a wrong ${fields.join(', ')}`);
  }
  if (keyOf(parsed.data) !== row.aggregateId) throw new BadOutboxRow(`${row.type} under another key than its own`);
  return parsed.data;
}

/**
 * The record of an outbox row.
 *
 * @throws {BadOutboxRow} for a row that the triggers did not write
 */
export function changeRecordOf(row: OutboxRow, topics: ChangeTopics, encoder: ChangeEncoder): ChangeRecord {
  const record = <V>(topic: Topic<V>, value: V): ChangeRecord => ({
    topic: topic.name,
    key: row.aggregateId,
    value: encoder.encode(topic, value),
  });
  switch (row.type) {
    case 'ListingStatusChanged':
      return record(
        topics.ListingStatusChanged,
        valueOf(payloads.ListingStatusChanged, row, (v) => v.propertyId),
      );
    case 'SellerOverrideChanged':
      return record(
        topics.SellerOverrideChanged,
        valueOf(payloads.SellerOverrideChanged, row, (v) => v.propertyId),
      );
    case 'MlsRuleChanged':
      return record(
        topics.MlsRuleChanged,
        valueOf(payloads.MlsRuleChanged, row, (v) => v.mlsId),
      );
    default:
      throw new BadOutboxRow('a type of change that has no topic');
  }
}
