export type {
  Estimate,
  EstimateUpdated,
  Facts,
  FetchedHome,
  Level,
  ListingStatus,
  ListingStatusChanged,
  MlsRuleChanged,
  RequestedHome,
  SellerOverrideChanged,
  SessionView,
  Ticket,
  UpdatedEstimate,
  Viewport,
  ViewportViewed,
  WarmupCandidates,
  WarmupEstimates,
  WarmupRequests,
} from './generated/records.ts';
export { estimateFields } from './estimate-fields.ts';
export { schemas } from './generated/schemas.ts';
export {
  CHANGELOG_UNCOMPACTED_MS,
  DEAD_LETTER_RETENTION_MS,
  SETTLED_RETENTION_MS,
  deadLetterTopicOf,
  groupOf,
  isChangelog,
  renamedTopic,
  settledTopicOf,
  streamApps,
  topics,
  type Topic,
} from './topics.ts';
export { ContractError, contractErrors, describeErrors, type ContractErrorCode } from './errors.ts';
export { subjectOf, type Compatibility, type SchemaRegistry } from './schema-registry.ts';
export { createSchemaRegistry, type WritableSchemaRegistry } from './registry.adapter.ts';
export { createMemoryRegistry, type MemoryRegistry } from './memory-registry.ts';
export { createSerde, memorySerde, type ContractSerde, type SerdeOptions } from './serde.ts';
export { createCodec, schemaIdOf, type Codec, type Reader } from './codec.ts';
export { describeTopics } from './describe-topics.ts';
