import type { Figures, Say } from '../bench.ts';
import { rounded } from '../quantiles.ts';
import type { BenchLog } from './bench-log.adapter.ts';
import { startMember, type Member } from './members.ts';

const PARTITIONS = 12;
const MEMBERS = 3;

/** From the end of one of three members to every partition processing again, at production's settings: killed, and stopped. */
export async function measureRebalance(log: BenchLog, say: Say): Promise<Figures> {
  const killedMs = await runOnce(log, (member) => Promise.resolve(member.kill()));
  say(`rebalance: a member killed: every partition processes again after ${rounded(killedMs / 1_000)} s`);
  const stoppedMs = await runOnce(log, (member) => member.stop());
  say(`rebalance: a member stopped: every partition processes again after ${rounded(stoppedMs / 1_000)} s`);
  return { killedToAllS: rounded(killedMs / 1_000), stoppedToAllS: rounded(stoppedMs / 1_000), members: MEMBERS };
}

async function runOnce(log: BenchLog, end: (member: Member) => Promise<void>): Promise<number> {
  const [input, output, groupId] = await Promise.all([
    log.createTopic(PARTITIONS),
    log.createTopic(PARTITIONS),
    log.createGroup(),
  ]);
  const { brokers } = log;
  const options = { arm: 'stateless', brokers, groupId, input, output, records: 0, settings: 'production' } as const;
  const members = await Promise.all(Array.from({ length: MEMBERS }, () => startMember(options)));
  try {
    await everyPartition(log, input, groupId);
    const [first] = members;
    if (first === undefined) throw new Error('no member was started');
    const endedAt = performance.now();
    await end(first);
    await everyPartition(log, input, groupId);
    return performance.now() - endedAt;
  } finally {
    await Promise.all(members.map((member) => member.stop()));
  }
}

/** Writes one record to each partition, and waits until the group has committed past all of them. */
async function everyPartition(log: BenchLog, input: string, groupId: string): Promise<void> {
  const ends = await log.appendToEach(input);
  await log.untilCommitted(groupId, input, ends);
}
