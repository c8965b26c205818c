import { groupOf, streamApps } from '@porchlight/contracts';
import { defaultCacheConfig } from '@porchlight/estimate-cache';
import { InvalidArgumentError, Option } from 'commander';
import type { CachePlace } from '../cache/with-cache.ts';
import { isPropertyId } from '../homes/read-homes.ts';
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

/** @returns an id of a property, for commander */
export function propertyIdOf(text: string): string {
  if (isPropertyId(text)) return text;
  throw new InvalidArgumentError('an id of a property: letters, digits, _ and -, at most 64');
}

function keyGeneration(text: string): string {
  if (/^[a-z0-9]{1,16}$/.test(text)) return text;
  throw new InvalidArgumentError('lower-case letters and digits, at most 16');
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

export const catalogOption = (): Option =>
  new Option('--database-url <url>', 'the property database; it is only read')
    .env('DATABASE_URL')
    .makeOptionMandatory();

/** @returns the options that say where the estimate cache lies */
export const cacheOptions = (): Option[] => [
  new Option('--redis <url>', 'the Redis of the estimate cache').env('REDIS_URL').makeOptionMandatory(),
  new Option('--topology <kind>', 'how that Redis is reached')
    .choices(['single', 'cluster', 'envoy'])
    .env('REDIS_TOPOLOGY')
    .default('single'),
  new Option('--key-generation <name>', 'first part of every key')
    .env('CACHE_KEY_GENERATION')
    .default(defaultCacheConfig.keyGeneration)
    .argParser(keyGeneration),
];

/** What commander makes of `cacheOptions`. */
export interface CacheOptions {
  readonly redis: string;
  readonly topology: CachePlace['topology'];
  readonly keyGeneration: string;
}

export const cachePlaceOf = ({ redis, topology, keyGeneration: generation }: CacheOptions): CachePlace => ({
  redisUrl: redis,
  topology,
  keyGeneration: generation,
});

export const jsonOption = (): Option => new Option('--json', 'print the report as one JSON value');
export const dryRunOption = (): Option => new Option('--dry-run', 'say what would be done');
export const yesOption = (): Option => new Option('--yes', 'do not ask; needed where nobody can be asked');

/** @returns text for the end of a command's help */
export const example = (...lines: string[]): string => `\nExample:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
