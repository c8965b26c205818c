import type { Viewport } from '@porchlight/geo';
import type { Move, ViewerRole } from './workload.ts';

interface Planned {
  /** Milliseconds after the start of the plan at which the call is meant to be sent. */
  atMs: number;
  /** Goes out as x-session-id. */
  sessionId: string;
  role: ViewerRole;
}

/** What brought the viewer to a view. */
export type Act = Move | 'start' | 'jump' | 'return';

/** A view that came to rest. Below the map's lowest zoom it asks for density. */
export interface PlannedView extends Planned {
  kind: 'map' | 'density';
  act: Act;
  viewport: Viewport;
  zoom: number;
  limit: number;
}

/** A home that was opened. */
export interface PlannedSingle extends Planned {
  kind: 'single';
  propertyId: string;
}

export type PlannedCall = PlannedView | PlannedSingle;
