import type { Figures, Say } from '../bench.ts';
import { rounded } from '../quantiles.ts';
import type { Arm, MemberReport } from './arm.ts';
import type { BenchLog } from './bench-log.adapter.ts';
import { median } from './median.ts';
import { startMember } from './members.ts';

const PARTITIONS = 12;
const RATE_PER_S = 1_000;
const WARM_UP_S = 5;

/** From the call that sends a record to the call that processes it, at 1,000 records a second. */
export async function measureLatency(
  log: BenchLog,
  { seconds, rounds }: { seconds: number; rounds: number },
  say: Say,
): Promise<Figures> {
  const seen: Record<'bare' | 'stateless', MemberReport[]> = { bare: [], stateless: [] };
  for (let round = 1; round <= rounds; round += 1) {
    for (const arm of ['bare', 'stateless'] as const) {
      const report = await runOnce(log, arm, seconds);
      seen[arm].push(report);
      const { latencyP50Ms, latencyP99Ms } = report;
      say(
        `latency: round ${round} of ${rounds}, ${arm}: p50 ${rounded(latencyP50Ms)}, p99 ${rounded(latencyP99Ms)} ms`,
      );
    }
  }
  const p50 = (arm: 'bare' | 'stateless'): number => median(seen[arm].map(({ latencyP50Ms }) => latencyP50Ms));
  const p99 = (arm: 'bare' | 'stateless'): number => median(seen[arm].map(({ latencyP99Ms }) => latencyP99Ms));
  return {
    bareLatencyP50Ms: rounded(p50('bare')),
    bareLatencyP99Ms: rounded(p99('bare')),
    latencyP50Ms: rounded(p50('stateless')),
    latencyP99Ms: rounded(p99('stateless')),
    latencyP99Ratio: rounded(p99('stateless') / p99('bare')),
  };
}

async function runOnce(log: BenchLog, arm: Arm, seconds: number): Promise<MemberReport> {
  const [input, output, groupId] = await Promise.all([
    log.createTopic(PARTITIONS),
    log.createTopic(PARTITIONS),
    log.createGroup(),
  ]);
  const { brokers } = log;
  const member = await startMember({ arm, brokers, groupId, input, output, records: 0, settings: 'production' });
  try {
    await log.atRate(input, { perS: RATE_PER_S, seconds: WARM_UP_S });
    member.forget();
    await log.atRate(input, { perS: RATE_PER_S, seconds });
    return await member.report();
  } finally {
    await member.stop();
  }
}
