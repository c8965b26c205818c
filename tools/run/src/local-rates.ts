/**
 * Everybody who browses a local run, and every measurement, comes from one address: counted like anybody, and never refused. Nor is anybody for the
 * machine's sake, which brokers, databases and the fleet share: what is measured there is how long it takes.
 */
export const localRates = {
  RATE_ADDRESS_UNITS: '100000000',
  RATE_CALLER_UNITS: '100000000',
  RATE_SERVICE_UNITS: '100000000',
  OVERLOAD_WAIT_MS: '0',
} as const;
