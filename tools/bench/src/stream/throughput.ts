import type { Figures, Say } from '../bench.ts';
import { rounded } from '../quantiles.ts';
import type { Arm, MemberReport } from './arm.ts';
import type { BenchLog } from './bench-log.adapter.ts';
import { median } from './median.ts';
import { startMember } from './members.ts';
import { withStateDir } from './state-dir.ts';

const PARTITIONS = 12;

/** Records that one core decodes, processes, encodes, sends and has acknowledged in a second: arms one after the other, round by round. */
export async function measureThroughput(
  log: BenchLog,
  { records, rounds, arms }: { records: number; rounds: number; arms: readonly Arm[] },
  say: Say,
): Promise<Figures> {
  const input = await log.createTopic(PARTITIONS);
  say(`throughput: writing ${records.toLocaleString('en-US')} records …`);
  await log.fill(input, records, { keys: records / 10 });
  const output = await log.createTopic(PARTITIONS);
  const seen = new Map<Arm, MemberReport[]>(arms.map((arm) => [arm, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const arm of arms) {
      const report = await runOnce(log, { arm, input, output, records });
      seen.get(arm)?.push(report);
      say(`throughput: round ${round} of ${rounds}, ${arm}: ${perCoreOf(report)} records a second per core`);
    }
  }
  const perCore = (arm: Arm): number => median((seen.get(arm) ?? []).map(perCoreOf));
  const ratio = (arm: Arm): number => rounded(perCore(arm) / perCore('bare'));
  return Object.fromEntries([
    ...arms.map((arm) => [`${arm}PerCoreS`, perCore(arm)]),
    ...arms.map((arm) => [`${arm}PerS`, median((seen.get(arm) ?? []).map(perClockOf))]),
    ...arms.filter((arm) => arm !== 'bare').map((arm) => [`${arm}Ratio`, ratio(arm)]),
  ]) as Figures;
}

const perCoreOf = ({ records, cpuMs }: MemberReport): number => Math.round((records / cpuMs) * 1_000);
const perClockOf = ({ records, wallMs }: MemberReport): number => Math.round((records / wallMs) * 1_000);

async function runOnce(
  log: BenchLog,
  { arm, input, output, records }: { arm: Arm; input: string; output: string; records: number },
): Promise<MemberReport> {
  const groupId = await log.createGroup();
  if (arm === 'stateful') await log.createChangelog(groupId, PARTITIONS);
  return withStateDir(async (stateDir) => {
    const { brokers } = log;
    const member = await startMember({
      arm,
      brokers,
      groupId,
      input,
      output,
      records,
      settings: 'production',
      stateDir,
    });
    try {
      return await member.done;
    } finally {
      await member.stop();
    }
  });
}
