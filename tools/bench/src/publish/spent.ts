import type { Fleet } from '@porchlight/run';

const US_PER_SECOND = 1_000_000;

/** What an estimate-api says of itself. */
export interface Spent {
  /** Processor time of the process so far, microseconds. */
  readonly cpuUs: number;
  /** Events that Kafka has taken, and those that were dropped. */
  readonly published: number;
  readonly dropped: number;
}

export async function spentBy(fleet: Pick<Fleet, 'metrics'>): Promise<Spent> {
  const metrics = await fleet.metrics('estimate-api');
  return {
    cpuUs: metrics.sum('process.cpu.time') * US_PER_SECOND,
    published: metrics.sum('porchlight.publisher.published'),
    dropped: metrics.sum('porchlight.publisher.dropped'),
  };
}
