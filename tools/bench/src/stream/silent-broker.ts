import { setTimeout as delay } from 'node:timers/promises';
import { BrokerProxy } from '@porchlight/stream';
import type { Figures, Say } from '../bench.ts';
import { rounded } from '../quantiles.ts';
import type { BenchLog } from './bench-log.adapter.ts';
import { untilAcknowledged } from './memory.ts';
import { startMember } from './members.ts';

const PARTITIONS = 12;
const BACKLOG = 200_000;
const WARM_UP_RECORDS = 50_000;
/** By then every queue holds what its bound allows. */
const FILLED_AFTER_MS = 10_000;
const LIMIT_MS = 120_000;

/** The heap before, during and after a broker that takes connections and answers nothing, with a backlog that the task wants to send. */
export async function measureSilentBroker(log: BenchLog, { silentS }: { silentS: number }, say: Say): Promise<Figures> {
  const [input, output, groupId] = await Promise.all([
    log.createTopic(PARTITIONS),
    log.createTopic(PARTITIONS),
    log.createGroup(),
  ]);
  const proxy = new BrokerProxy(log.brokers);
  await proxy.up();
  await log.fill(input, WARM_UP_RECORDS);
  const options = { arm: 'stateless', brokers: proxy.address, groupId, input, output, settings: 'production' } as const;
  const member = await startMember({ ...options, records: 0 });
  try {
    await untilAcknowledged(member, WARM_UP_RECORDS, LIMIT_MS);
    const before = await member.report();
    await log.fill(input, BACKLOG);
    proxy.silence(true);
    say(`memory: a broker that answers nothing for ${silentS} s …`);
    await delay(FILLED_AFTER_MS);
    const filled = await member.report();
    await delay(Math.max(0, silentS * 1_000 - FILLED_AFTER_MS));
    const during = await member.report();
    proxy.silence(false);
    await untilAcknowledged(member, WARM_UP_RECORDS + BACKLOG, LIMIT_MS);
    const after = await member.report();
    say(
      `memory: heap ${before.heapMb} MB before, ${filled.heapMb} after 10 s of silence, ${during.heapMb} at its end, ${after.heapMb} after`,
    );
    return {
      silentS,
      heapMbBeforeSilence: before.heapMb,
      heapMbAfter10SOfSilence: filled.heapMb,
      heapMbAtEndOfSilence: during.heapMb,
      heapMbAfterSilence: after.heapMb,
      silenceRatio: rounded(during.heapMb / filled.heapMb),
    };
  } finally {
    await member.stop();
    await proxy.down();
  }
}
