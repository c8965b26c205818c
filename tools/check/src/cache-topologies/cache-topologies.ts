import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedisTopologies, type RedisTopologies } from '@porchlight/stack';
import type { Check } from '../check.ts';
import { primaryKilled, shardKilled, slotHalfMoved, slotsMoved, type Seen } from './scenarios.ts';

const SLOTS_MAX = 40;
const MS_PER_SECOND = 1_000;
const HOLD_SECONDS_DEFAULT = 30;

interface Scenario {
  readonly what: string;
  readonly run: (topologies: RedisTopologies, holdMs: number) => Promise<Seen>;
}

const scenarios: Readonly<Record<string, Scenario>> = {
  'slots-moved': {
    what: `${SLOTS_MAX} slots go to another primary and back under load`,
    run: (topologies) => slotsMoved(topologies, { slotsMax: SLOTS_MAX }),
  },
  'slot-half-moved': {
    what: 'a slot is held half-moved, INVALIDATE meets TRYAGAIN',
    run: (topologies, holdMs) => slotHalfMoved(topologies, { holdMs }),
  },
  'primary-killed': {
    what: 'a primary is killed, its replica takes over',
    run: (topologies) => primaryKilled(topologies, 'cluster'),
  },
  'primary-killed-behind-envoy': {
    what: 'the same, through an Envoy before the cluster',
    run: (topologies) => primaryKilled(topologies, 'envoy before a cluster'),
  },
  'shard-killed': {
    what: 'a server behind Envoy is killed and comes back empty',
    run: (topologies, holdMs) => shardKilled(topologies, { holdMs }),
  },
};

/** The faults that only several servers have, under load; each figure of each scenario on the last line. */
export const cacheTopologies: Check = {
  name: 'cache-topologies',
  proves:
    'the estimate cache keeps its promise on a Redis Cluster and behind Envoy while nodes are lost and slots move',
  configure(command) {
    command.option('--hold <seconds>', 'how long a slot is held half-moved', String(HOLD_SECONDS_DEFAULT));
  },
  list: () => Object.entries(scenarios).map(([name, { what }]) => `${name}: ${what}`),
  async run(options, say, signal) {
    const holdMs = Number(options.hold ?? HOLD_SECONDS_DEFAULT) * MS_PER_SECOND;
    const dir = await mkdtemp(join(tmpdir(), 'porchlight-cache-topologies-'));
    const figures: Record<string, unknown> = {};
    let passed = true;
    say(
      'starting a Redis Cluster of three primaries with replicas, three servers behind an Envoy, and an Envoy before the cluster',
    );
    const topologies = await startRedisTopologies(dir, signal);
    try {
      for (const [name, { what, run }] of Object.entries(scenarios)) {
        if (signal.aborted) break;
        say(`${name}: ${what}`);
        const { report, figures: seen } = await run(topologies, holdMs);
        const { violations, ...counts } = report;
        figures[name] = { ...counts, ...seen, violations: violations.length };
        say(`  ${JSON.stringify(figures[name])}`);
        for (const violation of violations.slice(0, 5)) say(`  VIOLATION ${violation}`);
        passed &&= violations.length === 0;
      }
    } finally {
      await topologies.stop();
      await rm(dir, { recursive: true, force: true });
    }
    return { passed: passed && !signal.aborted, figures };
  },
};
