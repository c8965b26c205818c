export { applyTopics, listTopics, type ApplyTopicsOptions, type TopicReport } from './topics/apply-topics.ts';
export { replicationFor } from './topics/replication-for.ts';
export type { TopicDifference } from './topics/compare-topic.ts';
export { allWantedTopics, wantedTopic, type WantedTopic } from './topics/wanted-topics.ts';
export {
  allWantedSubjects,
  listSchemas,
  registerSchemas,
  type RegisterSchemasOptions,
  type SchemasReport,
  type SubjectReport,
  type WantedSubject,
} from './schemas/register-schemas.ts';
export { describeGroups, porchlightGroups, type GroupPorts } from './groups/describe-groups.ts';
export type { GroupReport, MemberReport, PartitionReport } from './groups/group-report.ts';
export {
  setStartpoint,
  startpointPlan,
  type StartpointPlan,
  type StartpointRequest,
} from './startpoint/set-startpoint.ts';
export type { Startpoint, StartpointMove } from './startpoint/plan-startpoint.ts';
export { withKafka, type KafkaPorts } from './kafka/with-kafka.ts';
export type { TopicGrowth } from './topics/plan-growth.ts';
export { migrateDatabase, type MigrateDatabaseOptions, type MigrationReport } from './database/migrate-database.ts';
export { CliError, cliErrors, describeCliErrors, type CliErrorCode } from './cli-error.ts';
export { printMigration, printSchemas, printTopics } from './print.ts';
