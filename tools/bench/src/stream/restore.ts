import { rm } from 'node:fs/promises';
import type { Figures, Say } from '../bench.ts';
import { rounded } from '../quantiles.ts';
import type { BenchLog } from './bench-log.adapter.ts';
import { untilAcknowledged } from './memory.ts';
import { startMember, type Member } from './members.ts';
import { withStateDir } from './state-dir.ts';

const PARTITIONS = 6;
const LIMIT_MS = 600_000;

/** From a member's start to every partition processing: with its disk lost, and with its disk kept. */
export async function measureRestore(log: BenchLog, { keys }: { keys: number }, say: Say): Promise<Figures> {
  const [input, output, groupId] = await Promise.all([
    log.createTopic(PARTITIONS),
    log.createTopic(PARTITIONS),
    log.createGroup(),
  ]);
  await log.createChangelog(groupId, PARTITIONS);
  await log.fill(input, keys);
  return withStateDir(async (stateDir) => {
    const options = { arm: 'stateful', brokers: log.brokers, groupId, input, output, stateDir } as const;
    const start = (): Promise<Member> => startMember({ ...options, records: 0, settings: 'production' });
    say(`restore: a task takes ${keys.toLocaleString('en-US')} keys into its state …`);
    const writer = await start();
    await untilAcknowledged(writer, keys, LIMIT_MS).finally(() => writer.stop());
    await rm(stateDir, { recursive: true });
    const lost = await untilAllProcess(log, { groupId, input }, start);
    say(`restore: disk lost: ${rounded(lost.seconds)} s, resident ${lost.residentMb} MB`);
    const kept = await untilAllProcess(log, { groupId, input }, start);
    say(`restore: disk kept: ${rounded(kept.seconds)} s, resident ${kept.residentMb} MB`);
    return {
      keys,
      lostDiskS: rounded(lost.seconds),
      lostDiskResidentMb: lost.residentMb,
      keptDiskS: rounded(kept.seconds),
      keptDiskResidentMb: kept.residentMb,
      keysPerS: Math.round(keys / lost.seconds),
    };
  });
}

async function untilAllProcess(
  log: BenchLog,
  { groupId, input }: { groupId: string; input: string },
  start: () => Promise<Member>,
): Promise<{ seconds: number; residentMb: number }> {
  const ends = await log.appendToEach(input);
  const startedAt = performance.now();
  const member = await start();
  try {
    await log.untilCommitted(groupId, input, ends);
    const seconds = (performance.now() - startedAt) / 1_000;
    return { seconds, residentMb: (await member.report()).residentMb };
  } finally {
    await member.stop();
  }
}
