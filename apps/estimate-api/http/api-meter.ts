import type { CohortLabels } from '../flags/session-cohorts.ts';
import type { PolicyName } from '../limits/port.ts';
import type { HomeResult } from '../reading/index.ts';
import type { StreamEnd } from './stream-answer.ts';
import type { StreamFormat } from './stream-format.ts';

/** The routes that answer products. */
export type Route = 'single' | 'batch' | 'map' | 'density';

/** What the HTTP side tells of itself; never an id, a path or a viewer. */
export interface ApiMeter {
  /** @param outcome `ok`, or the code of the problem @param labels the cohorts of the session that asked */
  answered(route: Route, outcome: string, durationMs: number, labels: CohortLabels): void;
  served(request: { method: string; route: string; status: number; durationMs: number; labels: CohortLabels }): void;
  homes(route: Route, results: readonly HomeResult[], labels: CohortLabels): void;
  /** A stream ended, however. @param firstByteMs null: it ended before the first */
  streamed(stream: {
    route: Route;
    format: StreamFormat['name'];
    end: StreamEnd;
    firstByteMs: number | null;
    durationMs: number;
    labels: CohortLabels;
  }): void;
  /** A request was refused because a limit was used up. */
  limited(policy: PolicyName): void;
  /** A connection was closed as it came: there were as many as there may be. */
  turnedAway(): void;
}
