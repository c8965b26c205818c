import { cacheFaults } from './cache-faults/cache-faults.ts';
import type { Check } from './check.ts';
import { concurrency } from './concurrency/concurrency.ts';
import { histories } from './histories/histories.ts';
import { mutants } from './mutants/mutants.ts';
import { streamFaults } from './stream-faults/stream-faults.ts';

/** Every check that there is. */
export const checks: readonly Check[] = [mutants, streamFaults, cacheFaults, histories, concurrency];
