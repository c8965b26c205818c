import { backOffMs } from '../back-off.ts';
import { delay, type Clock } from '../clock.ts';
import { codeOf, fateOf } from '../fate.ts';
import type { StreamLogger } from '../log.ts';
import type { AssignedRange, TopicPartition } from '../port.ts';
import type { StartPolicy } from './start-offset.ts';

export interface ToldStartPorts {
  readonly policyOf: (topic: string) => StartPolicy;
  readonly clock: Clock;
  readonly log: StreamLogger;
  readonly limits: { readonly firstMs: number; readonly mostMs: number };
  /** Called before each try. @throws when the assignment is over: nobody wants to know any more */
  readonly checkWanted: () => void;
}

/** What a definition says of the start of one partition; null: nothing. */
export type TellStart = (at: TopicPartition, range: AssignedRange) => Promise<bigint | null>;

/** @returns asks `startAt`, again and again while what it depends on is down; it rejects with what no wait mends, and with what `checkWanted` throws */
export const startTeller =
  ({ policyOf, clock, log, limits, checkWanted }: ToldStartPorts): TellStart =>
  async (at, range) => {
    const { startAt } = policyOf(at.topic);
    if (startAt === undefined) return null;
    for (let attempt = 1; ; attempt += 1) {
      checkWanted();
      try {
        return await startAt(at, range);
      } catch (error) {
        if (fateOf(error) !== 'retry') throw error;
        if (attempt === 1)
          log.warn('waiting to be told where to begin', { ...at, waitingFor: codeOf(error, 'UNKNOWN') });
        await delay(clock, backOffMs(limits, attempt));
      }
    }
  };
