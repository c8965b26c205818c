export { flagStoreConformance, type ConformanceCase, type StoreUnderTest } from './flag-store-conformance.ts';
export { forgetFlags } from './forget-flags.ts';
