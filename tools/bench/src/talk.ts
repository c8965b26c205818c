import { loadavg } from 'node:os';
import { join } from 'node:path';
import { generateCity } from '@porchlight/city';
import type { Stack } from '@porchlight/stack';
import { homesOfCity, planSessions, readStandardWorkload } from '@porchlight/traffic';
import type { Bench, Figures, Say } from './bench.ts';
import { withBenchFleet, withBenchStack, type BenchStackOptions } from './bench-world.ts';
import { leastBill, noCacheBill } from './no-cache-bill.ts';
import { armNames, settingOf, type ArmName, type WarmUpTuning } from './talk/arms.ts';
import { mapMisses, missesLine } from './talk/map-misses.ts';
import { CALLS_KEPT_MAX, prepareArm, runArm, type ArmResult, type TalkPlan } from './talk/run-arm.ts';
import { talkFigures, type ArmResults } from './talk/talk-figures.ts';
import { goalLines, talkTable } from './talk/talk-table.ts';
import { writePlots } from './talk/write-plots.ts';
import { unlessAsked } from './unless-asked.ts';

const MS_A_SECOND = 1_000;
const PERCENT = 100;
const standard = readStandardWorkload();

type Knobs = Readonly<Record<'rounds' | 'fromS' | 'warmUpS' | 'measuredS' | 'bucketS', number>>;

interface Run extends BenchStackOptions {
  readonly stack: Stack;
  readonly plan: TalkPlan;
  readonly tuning: WarmUpTuning;
}

/** One arm with apps of its own: nothing that an earlier one knew is left in a process. */
async function armOf({ stack, plan, tuning, say, signal }: Run, arm: ArmName): Promise<ArmResult> {
  const setting = settingOf(arm, tuning);
  await prepareArm(stack, setting);
  const fleet = {
    environment: setting.environment,
    environmentOf: {
      ...setting.environmentOf,
      'upstream-simulator': { SIM_CALLS_KEPT_MAX: String(CALLS_KEPT_MAX) },
    },
  };
  const quiet: Say = () => undefined;
  const result = await withBenchFleet(stack, { ...standard.city, say: quiet, signal, fleet }, (started) =>
    unlessAsked(signal, runArm({ stack, fleet: started }, plan)),
  );
  const { bill, background, updatesApplied, paidAgain, mapAnswers } = result;
  say(
    `${setting.title}: billed ${bill.billedRequests} requests, ${bill.billedItems} items, of them in the background ` +
      `${background.billedRequests} and ${background.billedItems}, and ${paidAgain} items again; ${updatesApplied} cached homes valued anew; load ${loadavg()[0]?.toFixed(1)}`,
  );
  say(`  ${missesLine(mapMisses(mapAnswers))}`);
  return result;
}

async function runRounds(run: Run, rounds: number): Promise<ArmResults> {
  const arms: Record<ArmName, ArmResult[]> = { before: [], after: [], afterEvents: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const arm of armNames) arms[arm].push(await armOf(run, arm));
  }
  return arms;
}

/** What the plan itself would cost: the arm without a cache must come near to it. */
async function sayPlannedBill(talkPlan: TalkPlan, say: Say): Promise<void> {
  const { standard: asked, homes, fromMs, warmUpMs, measuredMs } = talkPlan;
  const plan = [...planSessions(asked.seed, asked.workload, homes, { durationMs: fromMs + warmUpMs + measuredMs })];
  const countFromMs = fromMs + warmUpMs;
  const begun = plan.filter(({ atMs }) => atMs >= fromMs);
  const counted = begun.filter(({ atMs }) => atMs >= countFromMs);
  const city = generateCity(standard.city);
  const { billedRequests, billedItems } = await noCacheBill(counted, homes, city);
  const least = leastBill(begun, homes, { countFromMs });
  const change = (least.billedRequests / billedRequests - 1) * PERCENT;
  say(`by the plan the window bills ${billedRequests} requests, ${billedItems} items without a cache;`);
  say(
    `  each home paid once, in full calls, would be ${least.billedRequests} and ${least.billedItems}: ${change.toFixed(0)} % at best`,
  );
}

function missesOf(arms: ArmResults): Record<ArmName, unknown> {
  const of = (arm: ArmName) => mapMisses(arms[arm].flatMap(({ mapAnswers }) => mapAnswers));
  return { before: of('before'), after: of('after'), afterEvents: of('afterEvents') };
}

async function measure(run: Run, knobs: Knobs): Promise<Figures> {
  const { rounds, fromS, warmUpS, measuredS, bucketS } = knobs;
  const { stack, say, tuning, plan } = run;
  await sayPlannedBill(plan, say);
  const arms = await runRounds(run, rounds);
  const figures = talkFigures(arms);
  for (const line of talkTable(figures)) say(line);
  for (const arm of ['after', 'afterEvents'] as const) {
    say(`${settingOf(arm, tuning).title}:`);
    for (const line of goalLines(figures, arm)) say(`  ${line}`);
  }
  const folder = join(stack.folder, 'talk');
  const seenOf = (arm: ArmName) => arms[arm].flatMap(({ seen }) => seen);
  const seen = { before: seenOf('before'), after: seenOf('after'), afterEvents: seenOf('afterEvents') };
  await writePlots({ folder, seen, figures, tuning, bucketS, fromS, warmUpS, measuredS });
  say(`plots: ${folder}`);
  const { sessionsPerMinute } = plan.standard.workload;
  return { ...figures, mapAnswers: missesOf(arms), ...tuning, sessionsPerMinute, rounds, fromS, warmUpS, measuredS };
}

/** What the command line says, as a plan and a tuning. */
function planOf(knobs: Readonly<Record<string, number>>): TalkPlan {
  const { fromS = 0, warmUpS = 0, measuredS = 0, updatesPerS = 0, sessionsPerMinute = 0 } = knobs;
  return {
    standard: { ...standard, workload: { ...standard.workload, sessionsPerMinute } },
    homes: homesOfCity(generateCity(standard.city)),
    fromMs: fromS * MS_A_SECOND,
    warmUpMs: warmUpS * MS_A_SECOND,
    measuredMs: measuredS * MS_A_SECOND,
    updatesPerS,
  };
}

export const talk: Bench = {
  name: 'talk',
  measures:
    'The four plots of the talk on the standard workload, single gets and maps without and with a cache: time to a complete answer, hits, what the seller billed. 27 minutes a round: three arms of eight minutes, each with apps of its own.',
  knobs: {
    rounds: { default: 1, what: 'times that all three arms are run, by turns' },
    fromS: { default: 0, what: 'second of the plan at which each arm begins; until 205 hardly anybody comes' },
    warmUpS: { default: standard.warmupMs / MS_A_SECOND, what: 'seconds from an empty cache that do not count' },
    measuredS: { default: standard.measuredMs / MS_A_SECOND, what: 'seconds after them that do' },
    bucketS: { default: 10, what: 'seconds of which the plots show p50 and p90' },
    updatesPerS: { default: 1, what: 'homes valued anew each second, by the seller and as estimate.updated' },
    sessionsPerMinute: {
      default: standard.workload.sessionsPerMinute,
      what: 'sessions that begin; another number is not the standard workload',
    },
    homesPerForecast: { default: 0, what: 'homes that one view may ask for; 0: as the forecaster has it' },
    lingerMs: { default: 0, what: 'how long a paid warm-up call waits for others; 0: as data-fetcher has it' },
  },
  choices: {
    strategy: {
      default: 'thin-ring',
      of: ['thin-ring', 'ring', 'next-views'],
      what: 'how the forecaster looks ahead; the talk’s is ring',
    },
  },
  run: (knobs, say, signal, { strategy = 'thin-ring' } = {}) =>
    withBenchStack({ say, signal }, (stack) => {
      const { homesPerForecast = 0, lingerMs = 0 } = knobs;
      const { rounds = 1, fromS = 0, warmUpS = 0, measuredS = 0, bucketS = 10 } = knobs;
      const tuning = { strategy, homesPerForecast, lingerMs };
      const run: Run = { stack, plan: planOf(knobs), tuning, say, signal };
      return measure(run, { rounds, fromS, warmUpS, measuredS, bucketS });
    }),
};
