import { sayCount, sayMany } from '../terminal/say-span.ts';
import { textTable } from '../terminal/text-table.ts';
import { BUSY_SHARE, FLIGHT_MS, GIB, HEADROOM_SHARE, measured } from './measured.ts';
import type { CachePlan } from './plan-cache.ts';

const gib = (bytes: number): string => `${(bytes / GIB).toFixed(bytes < 10 * GIB ? 2 : 1)} GiB`;
const whole = (number: number): string => sayCount(Math.round(number));
const gbit = (bits: number): string => `${(bits / 1e9).toFixed(2)} Gbit/s`;
const percent = (share: number): string => `${Math.round(share * 100)} %`;

function advice({ topology, limit, shards }: CachePlan): string {
  if (topology === 'single') return 'one Redis is enough: REDIS_TOPOLOGY=single';
  return `${shards} shards, for ${limit}: REDIS_TOPOLOGY=cluster (or envoy, where shards are not a Redis Cluster); when and how to move: tools/cli/README.md`;
}

const rowsOf = (plan: CachePlan): string[][] => {
  const { demand, maxmemoryBytes, machineBytes } = plan;
  return [
    ['values', gib(plan.valuesBytes), `${sayCount(demand.homes)} homes of ${demand.homeBytes} bytes of used_memory`],
    [
      'flights',
      gib(plan.flightsBytes),
      `${whole(plan.fillsPerS)} misses a second, each remembered ${FLIGHT_MS / 1_000} s`,
    ],
    ['used_memory', gib(plan.usedBytes), 'of all primaries'],
    [
      'maxmemory',
      gib(maxmemoryBytes),
      `of a shard; the machine has ${gib(machineBytes)}: ${percent(HEADROOM_SHARE)} for copying, buffers, fragmentation`,
    ],
    [
      'servers',
      sayCount(plan.servers),
      `${sayMany(plan.shards, 'shard')}, each with ${sayMany(demand.copies, 'copy', 'copies')}; ${gib(plan.totalBytes)} in all`,
    ],
    [
      'commands',
      `${whole(plan.commandsPerS)} / s`,
      `${sayCount(demand.readsPerS)} homes a second, ${demand.homesPerRead} at once`,
    ],
    [
      'network',
      gbit(plan.outBitsPerS),
      `out of all primaries, ${gbit(plan.outBitsPerShard)} of a shard; answers and copies, at most`,
    ],
    [
      'cost',
      plan.usdPerMonth === null ? 'not known' : `${whole(plan.usdPerMonth)} USD`,
      plan.usdPerMonth === null ? 'say --usd-per-gib-month' : `a month, at ${demand.usdPerGibMonth} USD for a GiB`,
    ],
  ];
};

/** @returns the plan as a table, why there are so many shards, and where the numbers come from */
export function printCachePlan(plan: CachePlan): string {
  const table = textTable([{ title: '' }, { title: 'amount', align: 'right' }, { title: 'which is' }], rowsOf(plan));
  const limits = Object.entries(plan.shardsBy).map(([limit, shards]) => `${limit} ${shards}`);
  return [
    table,
    '',
    advice(plan),
    `shards that each limit alone would need: ${limits.join(', ')}; a cluster has three at least`,
    `measured (libs/estimate-cache/README.md, Cost), and ${percent(BUSY_SHARE)} of it planned with: ${sayCount(measured.getsPerS)} reads, ${sayCount(measured.mgetHomesPerS)} homes in reads of 100, ${sayCount(measured.fillsPerS)} fills a second of one Redis`,
  ].join('\n');
}
