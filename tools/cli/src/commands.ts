import { Command, InvalidArgumentError, Option } from 'commander';
import { migrateDatabase } from './database/migrate-database.ts';
import { printMigration, printSchemas, printTopics } from './print.ts';
import { listSchemas, registerSchemas } from './schemas/register-schemas.ts';
import { applyTopics, listTopics } from './topics/apply-topics.ts';
import { replicationFor } from './topics/replication-for.ts';

/** Where the commands print. */
export type Print = (text: string) => void;

const REPLICATION_MAX = 9;

const parseReplication = (text: string): number => {
  const replication = Number(text);
  if (Number.isInteger(replication) && replication >= 1 && replication <= REPLICATION_MAX) return replication;
  throw new InvalidArgumentError(`an integer 1..${REPLICATION_MAX}`);
};

const parseBrokers = (text: string): string[] => text.split(',').map((broker) => broker.trim());

const brokers = () =>
  new Option('--brokers <list>', 'comma-separated host:port list of brokers')
    .env('KAFKA_BROKERS')
    .argParser(parseBrokers)
    .makeOptionMandatory();
const replication = () =>
  new Option(
    '--replication <n>',
    'replicas of each partition (default: as many as brokers answer now, 3 at most)',
  ).argParser(parseReplication);
const registry = () =>
  new Option('--registry <url>', 'the schema registry, Confluent API v7')
    .env('SCHEMA_REGISTRY_URL')
    .makeOptionMandatory();
const databaseUrl = () =>
  new Option('--database-url <url>', 'the property database; a role that may create a schema')
    .env('DATABASE_URL')
    .makeOptionMandatory();
const json = () => new Option('--json', 'print the report as one JSON value');
const dryRun = () => new Option('--dry-run', 'say what would be done');

interface TopicOptions {
  readonly brokers: string[];
  readonly replication?: number;
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

interface SchemaOptions {
  readonly registry: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

interface DatabaseOptions {
  readonly databaseUrl: string;
  readonly json?: boolean;
}

const withReplication = async (options: TopicOptions) => ({
  ...options,
  replication: options.replication ?? (await replicationFor(options)),
});

function addTopics(program: Command, print: Print): void {
  const topics = program.command('topics').description('the topics of Kafka');
  topics
    .command('apply')
    .description('create the topics that are missing and verify all; a second time changes nothing')
    .addOption(brokers())
    .addOption(replication())
    .addOption(dryRun())
    .addOption(json())
    .action(async (options: TopicOptions) => {
      const reports = await applyTopics(await withReplication(options));
      print(options.json === true ? JSON.stringify(reports) : printTopics(reports));
    });
  topics
    .command('list')
    .description('show the topics and what differs; changes nothing')
    .addOption(brokers())
    .addOption(replication())
    .addOption(json())
    .action(async (options: TopicOptions) => {
      const reports = await listTopics(await withReplication(options));
      print(options.json === true ? JSON.stringify(reports) : printTopics(reports));
    });
}

function addSchemas(program: Command, print: Print): void {
  const schemas = program.command('schemas').description('the subjects of the schema registry');
  schemas
    .command('register')
    .description(
      'set compatibility levels, register the schemas that are missing, verify all; a second time changes nothing',
    )
    .addOption(registry())
    .addOption(dryRun())
    .addOption(json())
    .action(async (options: SchemaOptions) => {
      const report = await registerSchemas({ registryUrl: options.registry, dryRun: options.dryRun === true });
      print(options.json === true ? JSON.stringify(report) : printSchemas(report));
    });
  schemas
    .command('list')
    .description('show the subjects; changes nothing')
    .addOption(registry())
    .addOption(json())
    .action(async (options: SchemaOptions) => {
      const report = await listSchemas({ registryUrl: options.registry });
      print(options.json === true ? JSON.stringify(report) : printSchemas(report));
    });
}

function addDatabase(program: Command, print: Print): void {
  const database = program.command('database').description('the property database');
  database
    .command('migrate')
    .description('bring the schema porchlight up to date; a second time changes nothing')
    .addOption(databaseUrl())
    .addOption(json())
    .action(async (options: DatabaseOptions) => {
      const report = await migrateDatabase(options);
      print(options.json === true ? JSON.stringify(report) : printMigration(report));
    });
}

/** The command line, printing through `print`. */
export function createProgram(print: Print): Command {
  const program = new Command('porchlight').description("The operators' command line of Porchlight.");
  addDatabase(program, print);
  addTopics(program, print);
  addSchemas(program, print);
  return program;
}
