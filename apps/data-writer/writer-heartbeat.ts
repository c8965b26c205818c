import type { WriterProgress } from '@porchlight/estimate-cache';
import { WRITER_PROGRESS_MS } from '@porchlight/estimate-cache';
import type { Clock, PartitionState, Timer } from '@porchlight/stream';

/** Often enough that a beat or two may be lost within the 15 s that one counts. */
export const BEAT_EVERY_MS = 1_000;

/** The partitions that get on: the oldest unwritten record is young, or there is none. */
export function partitionsThatGetOn(partitions: readonly PartitionState[]): number[] {
  return partitions.filter(({ lagAgeMs }) => lagAgeMs < WRITER_PROGRESS_MS).map(({ partition }) => partition);
}

export interface HeartbeatPorts {
  readonly progress: Pick<WriterProgress, 'beat'>;
  readonly clock: Clock;
  /** The partitions that are assigned now. */
  readonly partitions: () => readonly PartitionState[];
  readonly onError: (error: unknown) => void;
}

/**
 * Says once a second which partitions get on, idle ones too: data-fetcher pays only for those. By the app's own timer and not
 * by a window of the task: a task that hangs must fall silent for the partition's age, not for want of a window.
 *
 * @returns ends it
 */
export function startWriterHeartbeat({ progress, clock, partitions, onError }: HeartbeatPorts): () => void {
  let timer: Timer | undefined;
  let stopped = false;
  const beat = async (): Promise<void> => {
    const alive = partitionsThatGetOn(partitions());
    // A beat that fails is one that is missed: the next comes in a second.
    if (alive.length > 0) await progress.beat(alive).catch(onError);
    if (!stopped) timer = clock.after(BEAT_EVERY_MS, () => void beat());
  };
  void beat();
  return () => {
    stopped = true;
    timer?.cancel();
  };
}
