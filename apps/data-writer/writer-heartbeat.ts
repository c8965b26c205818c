import type { WriterProgress } from '@porchlight/estimate-cache';
import { WRITER_PROGRESS_MS } from '@porchlight/estimate-cache';
import type { Clock, PartitionState, StreamState, Timer } from '@porchlight/stream';

/** Often enough that a beat or two may be lost within the 15 s that one counts. */
export const BEAT_EVERY_MS = 1_000;

/** The partitions that get on: the oldest unwritten record is young, or there is none. */
export function partitionsThatGetOn(partitions: readonly PartitionState[]): number[] {
  return partitions.filter(({ lagAgeMs }) => lagAgeMs < WRITER_PROGRESS_MS).map(({ partition }) => partition);
}

export interface HeartbeatPorts {
  readonly progress: Pick<WriterProgress, 'beat'>;
  readonly clock: Clock;
  /** The app's own state: the partitions that are assigned now, and when the group last answered. */
  readonly state: () => Pick<StreamState, 'partitions' | 'lastHeartbeatAt'>;
  /** A member that the group has not answered for so long holds nothing, whatever it believes. */
  readonly sessionMs: number;
  /** Told once when beats can no longer be written, and once when they can again. */
  readonly onLost: (error: unknown) => void;
  readonly onBack: () => void;
}

/** The partitions to beat for: none once the session may have ended, since somebody else may hold them by then. */
function partitionsHeld({ state, sessionMs, clock }: HeartbeatPorts): number[] {
  const { partitions, lastHeartbeatAt } = state();
  if (lastHeartbeatAt === null || clock.now() - lastHeartbeatAt >= sessionMs) return [];
  return partitionsThatGetOn(partitions);
}

/**
 * Says once a second which partitions get on, idle ones too: data-fetcher pays only for those. By the app's own timer and not
 * by a window of the task: a task that hangs must fall silent for the partition's age, not for want of a window.
 *
 * @returns ends it
 */
export function startWriterHeartbeat(ports: HeartbeatPorts): () => void {
  const { progress, clock, onLost, onBack } = ports;
  let timer: Timer | undefined;
  let stopped = false;
  let isLost = false;
  const tell = (lost: boolean, error?: unknown): void => {
    if (lost === isLost) return;
    isLost = lost;
    if (lost) onLost(error);
    else onBack();
  };
  const beat = async (): Promise<void> => {
    const held = partitionsHeld(ports);
    // A beat that fails is one that is missed: the next comes in a second.
    if (held.length > 0)
      await progress.beat(held).then(
        () => tell(false),
        (error: unknown) => tell(true, error),
      );
    if (!stopped) timer = clock.after(BEAT_EVERY_MS, () => void beat());
  };
  void beat();
  return () => {
    stopped = true;
    timer?.cancel();
  };
}
