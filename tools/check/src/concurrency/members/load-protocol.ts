/** The arguments of a process of the load, as JSON. */
export interface LoadOptions {
  readonly role: 'reader' | 'warmer' | 'changer';
  /** Names its files. */
  readonly name: string;
  readonly design: string;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly upstreamUrl: string;
  readonly upstreamKey: string;
  readonly folder: string;
  /** Homes are `<prefix>-<number>`, numbers from 0. */
  readonly prefix: string;
  readonly homes: number;
  readonly seconds: number;
  readonly estimateTtlMs: number;
}

export type LoadCommand = 'go' | 'look' | 'end';

/** `ready`: connected. `done`: its time is over and all of it is written. `looked`: what is stored was compared with the sources. */
export type LoadMessage =
  | { readonly kind: 'ready' | 'looked' }
  | { readonly kind: 'done'; readonly errors: Readonly<Record<string, number>>; readonly unanswered: number };

export const propertyIdOf = ({ prefix }: Pick<LoadOptions, 'prefix'>, home: number): string => `${prefix}-${home}`;
