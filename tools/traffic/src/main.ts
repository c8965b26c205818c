import { generateCity } from '@porchlight/city';
import { Command, InvalidArgumentError } from 'commander';
import { browse } from './browse.ts';
import { calibrate, TARGETS } from './calibrate.ts';
import type { TrafficReport } from './call-report.ts';
import { homesOfCity } from './homes-of-city.ts';
import type { HomesIndex } from './homes-index.ts';
import { planSessions } from './plan-sessions.ts';
import { summarizePlan } from './plan-summary.ts';
import { createSignedTokens } from './signed-tokens.ts';
import {
  readStandardWorkload,
  STANDARD_CITY,
  STANDARD_SEED,
  standardWorkloadOf,
  writeStandardWorkload,
} from './standard-workload.ts';
import { baseWorkload, describeWorkload, type Workload } from './workload.ts';

interface CityOptions {
  homes: number;
  citySeed: number;
}

interface RunOptions extends CityOptions {
  seed: number;
  sessionsPerMinute?: number;
  durationS?: number;
  json?: boolean;
}

interface BrowseCommand extends RunOptions {
  apiUrl: string;
  signingKey?: string;
  issuer: string;
  audience: string;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0 is wanted');
  return value;
}

function homesOf({ homes, citySeed }: CityOptions): HomesIndex {
  return homesOfCity(generateCity({ homes, seed: citySeed }));
}

function workloadOf({ sessionsPerMinute }: RunOptions): Workload {
  const { workload } = readStandardWorkload();
  return sessionsPerMinute === undefined ? workload : { ...workload, sessionsPerMinute };
}

const lineOf = ({ elapsedMs, map, single }: TrafficReport): string => {
  const seconds = Math.round(elapsedMs / 1_000);
  const latency = `p50 ${map.p50Ms.toFixed(1)} p90 ${map.p90Ms.toFixed(1)} ms`;
  return `${seconds} s: ${map.answered} map answers ${latency}, ${single.answered} single, ${map.failed + single.failed} failed, ${map.shed + single.shed} shed`;
};

async function runBrowse(options: BrowseCommand): Promise<void> {
  const workload = workloadOf(options);
  describeWorkload(workload).forEach(say);
  const { signingKey: keyPath, issuer, audience } = options;
  const signed = keyPath === undefined ? undefined : await createSignedTokens({ keyPath, issuer, audience });
  if (signed === undefined) say('no --signing-key: every viewer is unregistered');
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());
  const report = await browse({
    apiUrl: options.apiUrl,
    seed: options.seed,
    workload,
    homes: homesOf(options),
    tokenOf: signed ?? (() => undefined),
    signal: stop.signal,
    ...(options.durationS === undefined ? {} : { durationMs: options.durationS * 1_000 }),
    onTick: (seen) => say(lineOf(seen)),
  });
  print(options.json === true ? JSON.stringify(report) : JSON.stringify(report, null, 2));
}

function runPlan(options: RunOptions): void {
  const workload = workloadOf(options);
  const homes = homesOf(options);
  const { warmupMs, measuredMs } = readStandardWorkload();
  const durationMs = options.durationS === undefined ? warmupMs + measuredMs : options.durationS * 1_000;
  const summary = summarizePlan(planSessions(options.seed, workload, homes, { durationMs }), homes);
  if (options.json === true) return print(JSON.stringify(summary));
  describeWorkload(workload).forEach(print);
  print(JSON.stringify(summary, null, 2));
}

function runCalibrate({ tries, write, json }: { tries: number; write?: boolean; json?: boolean }): void {
  const homes = homesOf({ homes: STANDARD_CITY.homes, citySeed: STANDARD_CITY.seed });
  let shown = Infinity;
  const best = calibrate({
    seed: STANDARD_SEED,
    base: baseWorkload,
    homes,
    tries,
    onTry: (done, { miss, within }) => {
      if (miss < shown || done % 50 === 0) say(`try ${done}: the best is off by ${miss.toFixed(3)}, ${within} within`);
      shown = miss;
    },
  });
  const standard = standardWorkloadOf(best, homes);
  if (write === true) say(`wrote ${writeStandardWorkload(standard)}`);
  print(json === true ? JSON.stringify(standard) : JSON.stringify(standard, null, 2));
  if (best.miss > TARGETS.tolerance) process.exitCode = 1;
}

const program = new Command('traffic').description('Browsing sessions on the real API, and the standard workload.');
const withRun = (command: Command): Command =>
  command
    .option('--homes <count>', 'homes of the city', positive, STANDARD_CITY.homes)
    .option('--city-seed <seed>', 'seed of the city', Number, STANDARD_CITY.seed)
    .option('--seed <seed>', 'seed of the plan', Number, STANDARD_SEED)
    .option('--sessions-per-minute <rate>', 'instead of the standard workload’s', positive)
    .option('--duration-s <seconds>', 'how long', positive)
    .option('--json', 'the result as one line of JSON');

withRun(program.command('browse').description('browses an API until --duration-s is over or Ctrl-C'))
  .requiredOption('--api-url <url>', 'where estimate-api listens')
  .option('--signing-key <file>', 'private JWK to sign tokens with; without it everybody is unregistered')
  .option('--issuer <issuer>', 'of the tokens', 'porchlight-local')
  .option('--audience <audience>', 'of the tokens', 'porchlight-estimates')
  .action(runBrowse);
withRun(program.command('plan').description('shows the figures of a plan, without calling anybody')).action(runPlan);
program
  .command('calibrate')
  .description('searches the three free parameters of the standard workload in virtual time')
  .option('--tries <count>', 'how many points are tried', positive, 400)
  .option('--write', 'writes standard-v1.json')
  .option('--json', 'the result as one line of JSON')
  .action(runCalibrate);

await program.parseAsync();
