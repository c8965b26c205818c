import type { MarkStore } from '../../marks/port.ts';

/** The marks of all buckets with a hand on what is stored. */
export interface MarkWorld {
  readonly store: MarkStore;
  /** The run of the server that has this bucket. */
  run(bucket: number): Promise<string>;
  /** Puts a field as somebody else would; null: takes it out. `name` as in Redis: `<topic>/<partition>`, or `s`. */
  plant(bucket: number, name: string, text: string | null): Promise<void>;
  /** Puts a string where the mark should be; only where there are foreign types. */
  readonly plantForeign: ((bucket: number) => Promise<void>) | null;
  /** Forgets all marks. */
  clear(): Promise<void>;
  close(): Promise<void>;
}
