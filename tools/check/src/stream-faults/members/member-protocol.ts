import type { StreamSettings, TaskDefinition } from '@porchlight/stream';

export type CatchUp = NonNullable<TaskDefinition<unknown>['catchUp']>;

/** What a record of the input says. `poison` cannot be processed; `slowMs` holds its handler for so long. */
export interface InputValue {
  readonly key: string;
  readonly sequence: number;
  readonly poison?: boolean;
  readonly slowMs?: number;
}

/** What a record of the output says: which record it was made of, and by whom. */
export interface OutputValue {
  /** The record it was made of. */
  readonly partition: number;
  readonly offset: number;
  /** The process that made it, and which of its assignments: a replay by the same process has another one. */
  readonly member: string;
  readonly assignment: number;
  /** UTC milliseconds when its handler ended. */
  readonly madeAt: number;
  /** Of a task with state: how many records of this key the state had counted with this one. */
  readonly count?: number;
}

/** The arguments of a member process, as JSON. */
export interface MemberOptions {
  readonly brokers: readonly string[];
  readonly groupId: string;
  readonly input: string;
  readonly output: string;
  readonly name: string;
  /** How long each record is handled, so that a fault meets handlers at work. 0: at once. */
  readonly handlerMs: number;
  readonly logFile: string;
  readonly settings: StreamSettings;
  /** Default: all. */
  readonly catchUp?: CatchUp;
  /** Makes it a task with state, which counts the records of each key, and keeps its local copy here. */
  readonly stateDir?: string;
  /** How large each entry of its state is beside the count. */
  readonly paddingBytes?: number;
}

/** What a member process says. */
export type MemberMessage =
  | { readonly kind: 'assigned'; readonly assignment: number; readonly partitions: number }
  | { readonly kind: 'progress'; readonly uncommitted: number }
  | { readonly kind: 'restored'; readonly partition: number; readonly records: number }
  | { readonly kind: 'slow'; readonly partition: number }
  | { readonly kind: 'fatal'; readonly code: string; readonly message: string };

/** The arguments of the producer process, as JSON. */
export interface LoadOptions {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly keys: number;
  /** Before the number of each key; two producers of one topic have different ones. */
  readonly keyPrefix: string;
  readonly recordsPerSecond: number;
  /** Ends by itself after so many; else when it is told to. */
  readonly recordsMax?: number;
}

/** What the producer process says: at the end, by key, how many records were acknowledged. */
export type LoadMessage =
  | { readonly kind: 'sent'; readonly records: number }
  | { readonly kind: 'done'; readonly acknowledged: Readonly<Record<string, number>> };

/** What the producer process is told. */
export type LoadCommand = 'stop';
