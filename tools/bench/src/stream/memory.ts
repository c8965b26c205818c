import { setTimeout as delay } from 'node:timers/promises';
import type { Figures, Say } from '../bench.ts';
import { rounded } from '../quantiles.ts';
import type { MemberReport } from './arm.ts';
import type { BenchLog } from './bench-log.adapter.ts';
import { startMember, type Member } from './members.ts';

const PARTITIONS = 12;
const MILLION = 1_000_000;
const POLL_MS = 250;
const QUIET_MS = 2_000;
const LIMIT_MS = 900_000;

/** Old segments go: the records of a bench are read once. */
const SMALL = { 'segment.bytes': '67108864', 'retention.bytes': '134217728' };

/** The heap of a stateless task, after a forced collection and with nothing under way, after one million of records and after all. */
export async function measureFlatMemory(log: BenchLog, { millions }: { millions: number }, say: Say): Promise<Figures> {
  const [input, output, groupId] = await Promise.all([
    log.createTopic(PARTITIONS, SMALL),
    log.createTopic(PARTITIONS, SMALL),
    log.createGroup(),
  ]);
  const { brokers } = log;
  const options = { arm: 'stateless', brokers, groupId, input, output, settings: 'production' } as const;
  const member = await startMember({ ...options, records: 0 });
  const reports: MemberReport[] = [];
  try {
    for (let million = 1; million <= millions; million += 1) {
      await log.fill(input, MILLION);
      const report = await quietReport(member, million * MILLION);
      reports.push(report);
      say(
        `memory: ${million} of ${millions} million records, heap ${report.heapMb} MB, resident ${report.residentMb} MB`,
      );
    }
  } finally {
    await member.stop();
  }
  const [first, last] = [reports.at(0), reports.at(-1)];
  if (first === undefined || last === undefined) throw new Error('no million of records was asked for');
  return {
    millions,
    heapMbAtFirstMillion: first.heapMb,
    heapMbAtLastMillion: last.heapMb,
    heapRatio: rounded(last.heapMb / first.heapMb),
    residentMbAtFirstMillion: first.residentMb,
    residentMbAtLastMillion: last.residentMb,
  };
}

/** What the member says once so many records are safe and its sockets have gone quiet. */
async function quietReport(member: Member, records: number): Promise<MemberReport> {
  await untilAcknowledged(member, records, LIMIT_MS);
  await delay(QUIET_MS);
  return member.report();
}

/** @throws when the member does not get so far in time */
export async function untilAcknowledged(member: Member, records: number, limitMs: number): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  while ((await member.report()).records < records) {
    if (performance.now() > giveUpAt) throw new Error(`${records} records were not reached within ${limitMs} ms`);
    await delay(POLL_MS);
  }
}
