import { BUCKETS } from '../../keys.ts';
import { emptyMark } from '../../marks/bucket-mark.ts';
import { checkMarkCommand, checkResetCommand, checkSince } from '../../marks/checked-marks.ts';
import { mark } from '../../marks/mark.ts';
import { markKeysOf } from '../../marks/mark-keys.ts';
import type { BucketCommands, BucketMark, MarkStore } from '../../marks/port.ts';
import { raiseSince, reset } from '../../marks/reset.ts';

/** Faults on demand; a test changes them while it runs. */
export interface MarkFaults {
  /** Buckets that nobody reaches. */
  readonly unreachable: Set<number>;
  /** Commands happen, but their answers are lost. */
  losesAnswers: boolean;
}

/** The marks in memory: the transitions, a run for each bucket, and a hand on both. */
export interface MemoryMarkStore extends MarkStore {
  readonly faults: MarkFaults;
  /** The run that all buckets are on. */
  run(): string;
  /** What a bucket remembers now. */
  stateOf(bucket: number): BucketMark;
  /** Another memory under the same run, as somebody would who puts keys back by hand. */
  putBack(bucket: number, mark: BucketMark): void;
  /** What a restart, a promoted replica or a move leave behind: another run, an older memory (or none), a lost connection. */
  failOver(memory?: (bucket: number) => BucketMark): void;
  /** The same behind a proxy, to which the connection stays. */
  failOverUnseen(memory?: (bucket: number) => BucketMark): void;
  loseConnection(): void;
}

class MarkMemory {
  #marks: BucketMark[] = Array.from({ length: BUCKETS }, () => emptyMark);
  #runs = 1;
  connectionsLost = 0;
  readonly faults: MarkFaults = { unreachable: new Set(), losesAnswers: false };

  run(): string {
    return `run-${this.#runs}`;
  }

  stateOf(bucket: number): BucketMark {
    return this.#marks[bucket] ?? emptyMark;
  }

  put(bucket: number, state: BucketMark): void {
    this.#marks[bucket] = state;
  }

  failOver(memory: (bucket: number) => BucketMark): void {
    this.#marks = this.#marks.map((_, bucket) => memory(bucket));
    this.#runs += 1;
  }

  /** Commands on one bucket happen together; one that cannot be stored hinders all, before anything happens. */
  each<C, A>(
    buckets: readonly BucketCommands<C>[],
    check: (command: C) => C,
    step: (state: BucketMark, command: C, run: string) => { readonly state: BucketMark; readonly answer: A },
  ): (readonly A[] | null)[] {
    for (const { bucket, commands } of buckets) {
      markKeysOf(bucket, 'e1');
      for (const command of commands) check(command);
    }
    return buckets.map(({ bucket, commands }) => {
      if (this.faults.unreachable.has(bucket)) return null;
      const answers = commands.map((command) => {
        const { state, answer } = step(this.stateOf(bucket), command, this.run());
        this.put(bucket, state);
        return answer;
      });
      return this.faults.losesAnswers ? null : answers;
    });
  }
}

const allBuckets = Array.from({ length: BUCKETS }, (_, bucket) => bucket);

/** Marks for tests of apps and for the model checker: the same answers as Redis, by the same functions. */
export function memoryMarkStore(): MemoryMarkStore {
  const memory = new MarkMemory();
  return {
    faults: memory.faults,
    mark: async (buckets) => memory.each(buckets, checkMarkCommand, mark),
    reset: async (buckets) => memory.each(buckets, checkResetCommand, reset),
    async raiseSince(sinceAt) {
      const at = checkSince(sinceAt);
      const isMissed = (bucket: number) => memory.faults.losesAnswers || memory.faults.unreachable.has(bucket);
      for (const bucket of allBuckets) {
        if (!memory.faults.unreachable.has(bucket)) memory.put(bucket, raiseSince(memory.stateOf(bucket), at));
      }
      return allBuckets.filter(isMissed);
    },
    read: async () =>
      allBuckets.map((bucket) =>
        memory.faults.unreachable.has(bucket) ? null : { ...memory.stateOf(bucket), run: memory.run() },
      ),
    connectionsLost: () => memory.connectionsLost,
    run: () => memory.run(),
    stateOf: (bucket) => memory.stateOf(bucket),
    putBack: (bucket, state) => memory.put(bucket, state),
    failOver(copy = () => emptyMark) {
      memory.failOver(copy);
      memory.connectionsLost += 1;
    },
    failOverUnseen: (copy = () => emptyMark) => memory.failOver(copy),
    loseConnection: () => {
      memory.connectionsLost += 1;
    },
  };
}
