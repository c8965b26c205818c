import { loadavg } from 'node:os';
import { peers } from '@porchlight/peer-caches';
import { connectCatalog, connectCatalogWriter } from '@porchlight/property-catalog';
import { fillArm, runArm, type Arm, type ArmGround } from './api-peers/arm.ts';
import type { Contender } from './api-peers/contender.ts';
import { figuresOf, tableOf, type PeerFigures, type Shown } from './api-peers/figures-of.ts';
import { measureSpeed, PASSES, type Pass, type Runner } from './api-peers/measure-speed.ts';
import { connectOurs } from './api-peers/our-contender.ts';
import { startPeer } from './api-peers/start-peer.ts';
import type { WindowShape } from './api-peers/plan-window.ts';
import type { Figures, Knob, Say } from './bench.ts';
import { withBenchWorld, type BenchWorld } from './bench-world.ts';
import { loadOpenHomes } from './invalidate/homes.ts';
import { rounded } from './quantiles.ts';

/** Connections for changes: each is a transaction of its own. */
const WRITERS = 4;
const PATIENCE_MS = 5_000;
/** Ours, each peer, and each once more with memory where that is usual. */
const contenders = 1 + peers.reduce((count, { hasMemory }) => count + (hasMemory ? 2 : 1), 0);

/** Knobs of `--peers`, beside those of `api` that it shares (homes, sliceMs, connections). */
export const peerKnobs = {
  rounds: { default: 3, what: 'with --peers: rounds, each service once in each' },
  windowMs: { default: 8_000, what: 'with --peers: how long each is asked while homes change, in a round' },
  asksPerS: { default: 200, what: 'with --peers: calls a second then, a fifth of them batches of 20' },
  changesPerS: { default: 50, what: 'with --peers: changes a second then, half of values and half of visibility' },
} as const satisfies Record<string, Knob>;

/** Each service has homes of its own in each round, with ids of one length: so each arm begins with an empty cache, and nobody tells anybody else's. */
const homeId = (round: number, contender: number, home: number): string =>
  `peer-${String(round).padStart(2, '0')}-${contender}-${String(home).padStart(6, '0')}`;

interface Shape extends WindowShape {
  readonly rounds: number;
  readonly sliceMs: number;
  readonly connections: number;
}

function shapeOf(knobs: Readonly<Record<string, number>>): Shape {
  const { homes = 1, sliceMs = 1, connections = 1, rounds = 1, windowMs = 1, asksPerS = 1, changesPerS = 1 } = knobs;
  return { homes, sliceMs: sliceMs / PASSES, connections, rounds, forMs: windowMs, asksPerS, changesPerS };
}

function* allHomes({ rounds, homes }: { rounds: number; homes: number }): Generator<string> {
  for (let round = 0; round < rounds; round += 1)
    for (let contender = 0; contender < contenders; contender += 1)
      for (let home = 0; home < homes; home += 1) yield homeId(round, contender, home);
}

async function startAll({ fleet, stack }: BenchWorld, started: Contender[]): Promise<void> {
  const { folder, redisUrl, databaseUrl } = stack;
  started.push(await connectOurs(fleet, redisUrl));
  const places = {
    folder,
    redisUrl,
    databaseUrl,
    upstreamUrl: fleet.simulatorUrl,
    upstreamKey: fleet.upstreamApiKey,
  };
  for (const peer of peers) {
    started.push(await startPeer(peer, false, places));
    if (peer.hasMemory) started.push(await startPeer(peer, true, places));
  }
}

/** Another one begins each round, so that nobody always follows the same one. */
function inTurn<T>(all: readonly T[], round: number): T[] {
  const first = (round * Math.ceil(all.length / 2)) % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

function tellArm(round: number, name: string, arm: Arm, say: Say): void {
  say(
    `  ${round + 1} ${name}: p50 ${rounded(arm.p50Ms)} ms; billed ${arm.billedRequests}; stale ${arm.staleReads} of ${arm.reads}; load ${loadavg()[0]?.toFixed(1)}`,
  );
  for (const [what, times] of [...arm.untold, ...arm.failures]) say(`    ${times} times ${what}`);
}

/** One round: everybody's cache is filled, then all are as fast as they can by turns, then each has its window. */
async function runRound(
  round: number,
  all: readonly Contender[],
  { ground, shape, say, signal }: { ground: ArmGround; shape: Shape; say: Say; signal: AbortSignal },
): Promise<{ passes: Pass[]; arm: Arm }[]> {
  const seed = round + 1;
  const runners = all.map((contender, number): Runner => ({ contender, idOf: (home) => homeId(round, number, home) }));
  for (const runner of runners) await fillArm(runner, shape.homes, signal);
  const passes = await measureSpeed(runners, { ...shape, seed, isFirst: round === 0, signal });
  const arms = new Map<Runner, Arm>();
  for (const runner of inTurn(runners, round)) {
    signal.throwIfAborted();
    const arm = await runArm(runner, { ground, shape, seed });
    arms.set(runner, arm);
    tellArm(round, runner.contender.name, arm, say);
  }
  return runners.map((runner, number) => ({ passes: passes[number] ?? [], arm: arms.get(runner) as Arm }));
}

async function measure(world: BenchWorld, shape: Shape, say: Say, signal: AbortSignal): Promise<PeerFigures[]> {
  const { databaseUrl } = world.stack;
  const catalog = connectCatalog({ databaseUrl, connectTimeoutMs: PATIENCE_MS, statementTimeoutMs: PATIENCE_MS });
  const writer = connectCatalogWriter({
    databaseUrl,
    poolMax: WRITERS,
    connectTimeoutMs: PATIENCE_MS,
    statementTimeoutMs: PATIENCE_MS,
  });
  const started: Contender[] = [];
  try {
    await startAll(world, started);
    const ground = { simulatorUrl: world.fleet.simulatorUrl, catalog, writer };
    const rounds: Awaited<ReturnType<typeof runRound>>[] = [];
    for (let round = 0; round < shape.rounds; round += 1)
      rounds.push(await runRound(round, started, { ground, shape, say, signal }));
    const shown = started.map(({ name }, number): Shown => {
      const own = rounds.flatMap((round) => round[number] ?? []);
      return { name, passes: own.flatMap(({ passes }) => passes), arms: own.map(({ arm }) => arm) };
    });
    return shown.map((each) => figuresOf(each, shown[0] ?? each));
  } finally {
    await Promise.all([...started.map((each) => each.stop()), catalog.close(), writer.close()]);
  }
}

/**
 * The same workload through ours and through other people's caches, each an HTTP service of its own in front of the same Redis, database and
 * seller: answers a second when all are hits, then the bill and what is stale while homes change.
 */
export async function comparePeers(
  knobs: Readonly<Record<string, number>>,
  say: Say,
  signal: AbortSignal,
): Promise<Figures> {
  const shape = shapeOf(knobs);
  const load = (addresses: { databaseUrl: string; simulatorUrl: string }) =>
    loadOpenHomes(addresses, [...allHomes(shape)]);
  const all = await withBenchWorld({ homes: 0, seed: 1, say, signal, load }, (world) =>
    measure(world, shape, say, signal),
  );
  tableOf(all).forEach(say);
  const [ours, ...others] = all as [PeerFigures, ...PeerFigures[]];
  return { ours, peers: others };
}
