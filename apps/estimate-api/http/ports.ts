import type { ViewportEvents } from '../events/viewport-event.ts';
import type { SessionFlags } from '../flags/session-cohorts.ts';
import type { Clock } from '@porchlight/stream';
import type { Tracing } from '@porchlight/telemetry';
import type { MapHomes } from '../map/map-homes.ts';
import type { Reader, ReadingLog } from '../reading/index.ts';
import type { RateLimits } from '../limits/port.ts';
import type { ViewerOf } from '../viewer/viewer.ts';
import type { ApiMeter } from './api-meter.ts';
import type { OpenStreams } from './open-streams.ts';
import type { OverloadGuard } from './overload-guard.ts';

/** What the HTTP side is told of the world that it stands in. */
export interface WebSettings {
  /** Origins whose pages may call. */
  readonly corsOrigins: readonly string[];
  /** Addresses and networks whose word on a caller's address (x-forwarded-for) is taken. */
  readonly trustedProxies: readonly string[];
  readonly connectionsMax: number;
  readonly rateWindowSeconds: number;
}

/** Everything that the HTTP side is given. */
export interface ApiPorts {
  readonly reader: Pick<Reader, 'read' | 'readAsItComes'>;
  readonly mapHomes: MapHomes;
  readonly viewerOf: ViewerOf;
  readonly rateLimits: Pick<RateLimits, 'accountOf'>;
  readonly web: WebSettings;
  /** Who is let in. */
  readonly overload: OverloadGuard;
  readonly events: ViewportEvents;
  readonly flags: SessionFlags;
  /** What session ids are hashed with before they go anywhere. */
  readonly sessionHmacKey: string;
  readonly deadlines: { readonly defaultMs: number; readonly mapDefaultMs: number };
  readonly clock: Clock;
  readonly meter: ApiMeter;
  readonly log: ReadingLog;
  /** Absent, or off: no request is hooked for it. */
  readonly tracing?: Tracing;
  /** Waits for PostgreSQL and Redis at the first start, then true until the process stops. */
  readonly isReady: () => boolean;
  readonly isStopping: () => boolean;
}

/** What routes are given. */
export type RoutePorts = ApiPorts & { readonly streams: OpenStreams };
