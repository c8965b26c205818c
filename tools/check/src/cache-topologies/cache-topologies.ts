import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedisTopologies, type RedisTopologies } from '@porchlight/stack';
import type { Check } from '../check.ts';
import { addOnlyOption, chosenOf, listScenarios } from '../faults/choose-scenarios.ts';
import { runScenarios, type Row } from '../faults/run-scenarios.ts';
import type { Scenario, Seen } from '../faults/scenario.ts';
import { primaryKilled, shardKilled, slotHalfMoved, slotsMoved, type LoadSeen } from './scenarios.ts';

const SLOTS_MAX = 40;
const MS_PER_SECOND = 1_000;
const HOLD_SECONDS_DEFAULT = 30;

interface World {
  readonly topologies: RedisTopologies;
  readonly holdMs: number;
}

const seenOf = ({ report: { violations, ...counts }, figures }: LoadSeen): Seen => ({
  violations,
  figures: { ...counts, ...figures },
});

const scenarios: readonly Scenario<World>[] = [
  {
    name: 'slots-moved',
    what: `${SLOTS_MAX} slots go to another primary and back under load`,
    quick: true,
    run: async ({ topologies }) => seenOf(await slotsMoved(topologies, { slotsMax: SLOTS_MAX })),
  },
  {
    name: 'slot-half-moved',
    what: 'a slot is held half-moved, INVALIDATE meets TRYAGAIN',
    quick: false,
    run: async ({ topologies, holdMs }) => seenOf(await slotHalfMoved(topologies, { holdMs })),
  },
  {
    name: 'primary-killed',
    what: 'a primary is killed, its replica takes over',
    quick: true,
    run: async ({ topologies }) => seenOf(await primaryKilled(topologies, 'cluster')),
  },
  {
    name: 'primary-killed-behind-envoy',
    what: 'the same, through an Envoy before the cluster',
    quick: true,
    run: async ({ topologies }) => seenOf(await primaryKilled(topologies, 'envoy before a cluster')),
  },
  {
    name: 'shard-killed',
    what: 'a server behind Envoy is killed and comes back empty',
    quick: false,
    run: async ({ topologies, holdMs }) => seenOf(await shardKilled(topologies, { holdMs })),
  },
];

/** The faults that only several servers have, under load; each figure of each scenario on the last line. */
export const cacheTopologies: Check = {
  name: 'cache-topologies',
  proves:
    'the estimate cache keeps its promise on a Redis Cluster and behind Envoy while nodes are lost and slots move',
  configure(command) {
    command.option('--hold <seconds>', 'how long a slot is held half-moved', String(HOLD_SECONDS_DEFAULT));
    addOnlyOption(command, scenarios, 'that holds nothing for long');
  },
  list: () => listScenarios(scenarios),
  async run(options, say, signal) {
    const holdMs = Number(options.hold ?? HOLD_SECONDS_DEFAULT) * MS_PER_SECOND;
    const dir = await mkdtemp(join(tmpdir(), 'porchlight-cache-topologies-'));
    say(
      'starting a Redis Cluster of three primaries with replicas, three servers behind an Envoy, and an Envoy before the cluster',
    );
    const topologies = await startRedisTopologies(dir, signal);
    try {
      const worldOf = (): World => ({ topologies, holdMs });
      const rows = await runScenarios(chosenOf(scenarios, options), { say, signal, worldOf });
      return { passed: rows.every(({ violations }) => violations.length === 0), figures: figuresOf(rows) };
    } finally {
      await topologies.stop();
      await rm(dir, { recursive: true, force: true });
    }
  },
};

const figuresOf = (rows: readonly Row[]): Record<string, unknown> =>
  Object.fromEntries(
    rows.map(({ name, figures, violations }) => [name, { ...figures, violations: violations.length }]),
  );
