import type { BookedEstimate } from '@porchlight/upstream-simulator';

/** Who answers, how much processor time that has taken, and how it is told of a change. */
export interface Contender {
  readonly name: string;
  readonly url: string;
  /** Processor time of its service so far, milliseconds. */
  cpuMs(): Promise<number>;
  /** The home's facts have changed. Resolves when it is acknowledged: from then on nothing older may be shown. */
  factsChanged(propertyId: string, visibilityVersion: number): Promise<void>;
  /** The seller serves another estimate. Resolves the same way. */
  estimateChanged(estimate: BookedEstimate): Promise<void>;
  stop(): Promise<void>;
}
