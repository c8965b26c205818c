import type { ListingStatus } from '@porchlight/contracts';
import { maySee, type KnownLevel } from '@porchlight/visibility';

/** What a team would keep of a home in a cache of its own: who may see it, joined when it was fetched, and what it is worth. */
export interface PricedHome {
  readonly propertyId: string;
  readonly status: ListingStatus;
  readonly level: KnownLevel;
  readonly estimate: {
    readonly valueUsd: number;
    readonly lowUsd: number;
    readonly highUsd: number;
    readonly computedAt: number;
  } | null;
}

export interface HomeAnswer {
  readonly propertyId: string;
  readonly status: 'available' | 'withheld' | 'restricted' | 'none';
  readonly estimate?: PricedHome['estimate'];
  readonly requiredRole?: string;
}

/** The talk's TTLs, in milliseconds. */
export const TTL_ACTIVE_MS = 300_000;
const TTL_OFF_MARKET_MS = 14_400_000;

export const ttlMsOf = ({ status }: PricedHome): number => (status === 'active' ? TTL_ACTIVE_MS : TTL_OFF_MARKET_MS);

/** What a viewer without a token is told: the answer of estimate-api, in the same order of precedence. */
export function answerOf({ propertyId, level, estimate }: PricedHome): HomeAnswer {
  if (level === 'nobody') return { propertyId, status: 'withheld' };
  if (!maySee('unregistered', level)) return { propertyId, status: 'restricted', requiredRole: level };
  if (estimate === null) return { propertyId, status: 'none' };
  return { propertyId, status: 'available', estimate };
}
