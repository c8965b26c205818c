import { groupOf, streamApps } from '@porchlight/contracts';
import { InvalidArgumentError, Option } from 'commander';
import { INSTANT_FORMS, parseInstant } from '../terminal/parse-instant.ts';

const REPLICATION_MAX = 9;

/** @returns a parser of whole numbers between two bounds, for commander */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const number = /^\d+$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`an integer ${least}..${most}`);
  };

/** @returns UTC milliseconds, for commander */
export function instant(text: string): number {
  const at = parseInstant(text, Date.now());
  if (at === undefined) throw new InvalidArgumentError(INSTANT_FORMS);
  return at;
}

/** @returns each value of an option that may be given more than once */
export const collected = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

const parseBrokers = (text: string): string[] => text.split(',').map((broker) => broker.trim());

/** @returns the group of an app that is named without its prefix; any other name as it is */
export const groupNamed = (name: string): string =>
  (streamApps as readonly string[]).includes(name) ? groupOf(name) : name;

export const brokersOption = (): Option =>
  new Option('--brokers <list>', 'comma-separated host:port list of brokers')
    .env('KAFKA_BROKERS')
    .argParser(parseBrokers)
    .makeOptionMandatory();

export const replicationOption = (): Option =>
  new Option(
    '--replication <n>',
    'replicas of each partition (default: as many as brokers answer now, 3 at most)',
  ).argParser(wholeNumber(1, REPLICATION_MAX));

export const registryOption = (): Option =>
  new Option('--registry <url>', 'the schema registry, Confluent API v7')
    .env('SCHEMA_REGISTRY_URL')
    .makeOptionMandatory();

export const databaseUrlOption = (): Option =>
  new Option('--database-url <url>', 'the property database; a role that may create a schema')
    .env('DATABASE_URL')
    .makeOptionMandatory();

export const jsonOption = (): Option => new Option('--json', 'print the report as one JSON value');
export const dryRunOption = (): Option => new Option('--dry-run', 'say what would be done');
export const yesOption = (): Option => new Option('--yes', 'do not ask; needed where nobody can be asked');

/** @returns text for the end of a command's help */
export const example = (...lines: string[]): string => `\nExample:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
