import type { CacheConfig } from '../cache-config.ts';
import type { Flight, Lease } from '../home-state.ts';
import type { LeaseClass } from '../port.ts';

/** The nonce of a back-off lease: nobody draws it (a nonce has 22 characters), so nobody can hold, fill or release by it. */
export const BACK_OFF_NONCE = 'back-off';

export const leaseMsOf = (leaseClass: LeaseClass, config: CacheConfig): number =>
  leaseClass === 's' ? config.leaseSyncMs : config.leaseWarmMs;

/** A lease that ends later than a lease can was written by a clock that has since stepped back: it would hold for hours. */
export function isLeaseHeld(lease: Lease | null, now: number, config: CacheConfig): boolean {
  return lease !== null && lease.endsAt > now && lease.endsAt <= now + leaseMsOf(lease.class, config);
}

/** The flight without this nonce's lease. By nonce alone: a lease is its nonce's until another one takes it, also after its end. */
export const dropLeaseOf = (flight: Flight, nonce: string): Flight =>
  flight.lease?.nonce === nonce ? { ...flight, lease: null } : flight;
