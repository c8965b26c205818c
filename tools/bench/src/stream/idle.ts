import { setTimeout as delay } from 'node:timers/promises';
import type { Figures, Say } from '../bench.ts';
import { rounded } from '../quantiles.ts';
import type { BenchLog } from './bench-log.adapter.ts';
import { median } from './median.ts';
import { startMember } from './members.ts';

const PARTITIONS = 24;
const SETTLE_MS = 10_000;

/** What one app with 24 partitions costs while nothing comes, as a share of a core. */
export async function measureIdle(
  log: BenchLog,
  { seconds, rounds }: { seconds: number; rounds: number },
  say: Say,
): Promise<Figures> {
  const shares: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const share = await runOnce(log, seconds);
    shares.push(share);
    say(`idle: round ${round} of ${rounds}: ${rounded(share * 100)} % of a core`);
  }
  return { idleCpuPercent: rounded(median(shares) * 100), partitions: PARTITIONS };
}

async function runOnce(log: BenchLog, seconds: number): Promise<number> {
  const [input, output, groupId] = await Promise.all([
    log.createTopic(PARTITIONS),
    log.createTopic(PARTITIONS),
    log.createGroup(),
  ]);
  const { brokers } = log;
  const member = await startMember({
    ...{ arm: 'stateless', brokers, groupId, input, output, records: 0, settings: 'production' },
  });
  try {
    await log.appendToEach(input);
    await delay(SETTLE_MS);
    const before = await member.report();
    await delay(seconds * 1_000);
    const after = await member.report();
    return (after.cpuMs - before.cpuMs) / (after.wallMs - before.wallMs);
  } finally {
    await member.stop();
  }
}
