import { stderr, stdout } from 'node:process';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError, Option } from 'commander';
import { cityLife } from './city-life.ts';
import { CITY_HOMES_MAX, generateCity } from './generate-city.ts';
import { lifeKinds, type LifeRates } from './life-rates.ts';
import { loadCity, type LoadProgress } from './load-city.ts';
import { describeCity, figuresOf } from './show-city.ts';

const DEFAULT_HOMES = 120_000;
const SECOND_MS = 1_000;
const PROGRESS_EVERY = 100;

interface CityArguments {
  readonly homes: number;
  readonly seed: number;
  readonly json: boolean;
}

const wholeNumber = (text: string): number => {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('a whole number, 0 or more');
  return number;
};
const aboveZero = (text: string): number => {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('a number above 0');
  return number;
};

/** `sales=5,revaluations=100`, each per minute. */
function ratesFrom(text: string): Partial<LifeRates> {
  const rates = text.split(',').map((part): [string, number] => {
    const [kind = '', rate = ''] = part.split('=');
    const number = Number(rate);
    if (!(lifeKinds as readonly string[]).includes(kind) || rate === '' || !(number >= 0)) {
      throw new InvalidArgumentError(`kind=perMinute, kinds: ${lifeKinds.join(', ')}`);
    }
    return [kind, number];
  });
  return Object.fromEntries(rates);
}

const say = (json: boolean, value: object, text: string): void =>
  void stdout.write(`${json ? JSON.stringify(value) : text}\n`);

const fromEnvironment = (flags: string, description: string, variable: string): Option =>
  new Option(flags, description).env(variable).makeOptionMandatory();

/** The options of every command. */
function cityCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(
      new Option('--from <source>', 'what the city is made from').choices(['king-county']).default('king-county'),
    )
    .option('--homes <count>', `how many homes, at most ${CITY_HOMES_MAX}`, wholeNumber, DEFAULT_HOMES)
    .option('--seed <number>', 'the same seed gives the same city', wholeNumber, 1)
    .option('--json', 'one JSON object on the last line', false);
}

/** A bar where somebody watches, nothing in a pipe. */
function progressBar(json: boolean): { update(progress: LoadProgress): void; stop(): void } {
  if (json || !stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar({ format: '{step} [{bar}] {value}/{total}', stream: stderr, hideCursor: true });
  let step: LoadProgress['step'] | undefined;
  return {
    update(progress) {
      if (progress.step !== step) bar.start(progress.total, progress.done, { step: progress.step });
      step = progress.step;
      bar.update(progress.done);
    },
    stop: () => bar.stop(),
  };
}

const show = cityCommand('show', 'prints what the city is like; touches nothing').action((options: CityArguments) => {
  const figures = figuresOf(generateCity(options));
  say(options.json, figures, describeCity(figures));
});

const load = cityCommand('load', 'loads the city into PostgreSQL and tells the simulator; does nothing the second time')
  .addOption(fromEnvironment('--database-url <url>', 'the property database, migrated', 'DATABASE_URL'))
  .addOption(
    new Option('--simulator-url <url>', 'upstream-simulator; without it upstream is told nothing').env('SIMULATOR_URL'),
  )
  .action(async (options: CityArguments & { databaseUrl: string; simulatorUrl?: string }) => {
    const bar = progressBar(options.json);
    const done = await loadCity({ ...options, onProgress: (progress) => bar.update(progress) }).finally(() =>
      bar.stop(),
    );
    const { alreadyLoaded, homesLoaded, retired, valuesLoaded, durationMs } = done;
    const text = alreadyLoaded
      ? 'the city is there already'
      : `loaded ${homesLoaded} homes and ${valuesLoaded} values in ${(durationMs / SECOND_MS).toFixed(1)} s; ${retired} homes of another city left the map`;
    say(options.json, done, text);
  });

interface LifeArguments extends CityArguments {
  readonly databaseUrl: string;
  readonly brokers: string;
  readonly registryUrl: string;
  readonly simulatorUrl: string;
  readonly rates?: Partial<LifeRates>;
  readonly speed: number;
  readonly seconds?: number;
}

async function live(options: LifeArguments): Promise<void> {
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end.abort());
  const { seconds, brokers, rates, ...rest } = options;
  const tally = await cityLife({
    ...rest,
    brokers: brokers.split(','),
    signal: end.signal,
    ...(rates && { rates }),
    ...(seconds !== undefined && { durationMs: seconds * SECOND_MS }),
    onProgress(done) {
      const events = Object.values(done).reduce((a, b) => a + b, 0);
      if (events % PROGRESS_EVERY === 0) stderr.write(`${events} events\n`);
    },
  });
  say(options.json, tally, lifeKinds.map((kind) => `${kind} ${tally[kind]}`).join(', '));
}

const life = cityCommand('life', 'plays sales, listings, overrides, rule changes and re-valuations into a loaded city')
  .addOption(fromEnvironment('--database-url <url>', 'the property database', 'DATABASE_URL'))
  .addOption(fromEnvironment('--brokers <list>', 'Kafka, comma-separated host:port', 'KAFKA_BROKERS'))
  .addOption(fromEnvironment('--registry-url <url>', 'the schema registry', 'SCHEMA_REGISTRY_URL'))
  .addOption(fromEnvironment('--simulator-url <url>', 'upstream-simulator', 'SIMULATOR_URL'))
  .option('--speed <times>', 'times faster than a real market', aboveZero, 1)
  .option('--rates <list>', 'some rates instead, per minute: sales=5,revaluations=100', ratesFrom)
  .option('--seconds <number>', 'ends after so long; without it, at Ctrl-C', aboveZero)
  .action(live);

await new Command('city')
  .description('A city of homes as dense as a real one: show it, load it, play its market.')
  .addCommand(show)
  .addCommand(load)
  .addCommand(life)
  .parseAsync();
