/** Everybody who browses a local run, and every measurement, comes from one address: counted like anybody, and never refused. */
export const localRates = {
  RATE_ADDRESS_UNITS: '100000000',
  RATE_CALLER_UNITS: '100000000',
  RATE_SERVICE_UNITS: '100000000',
} as const;
