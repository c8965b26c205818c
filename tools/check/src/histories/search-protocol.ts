import type { CacheServers, FailedHistory, HistoryDesign } from '@porchlight/estimate-cache/testing/histories';

/** The arguments of a search process, as JSON. */
export interface SearchTask {
  readonly servers: CacheServers;
  readonly design: HistoryDesign;
  readonly seed: number;
  readonly lanes: number;
  readonly seconds: number;
  /** Ends earlier after so many; null: only time ends it. */
  readonly historiesMax: number | null;
}

/** What a search process says: how far it is, and how it ended. */
export type SearchMessage =
  | { readonly kind: 'progress'; readonly histories: number }
  | {
      readonly kind: 'done';
      readonly histories: number;
      readonly steps: number;
      readonly failure: FailedHistory | null;
    };
