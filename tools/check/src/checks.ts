import { badInput } from './bad-input/bad-input.ts';
import { cacheFaults } from './cache-faults/cache-faults.ts';
import { cacheTopologies } from './cache-topologies/cache-topologies.ts';
import type { Check } from './check.ts';
import { concurrency } from './concurrency/concurrency.ts';
import { containers } from './containers/containers.ts';
import { histories } from './histories/histories.ts';
import { model } from './model/model.ts';
import { mutants } from './mutants/mutants.ts';
import { properties } from './properties/properties.ts';
import { schemathesis } from './schemathesis/schemathesis.ts';
import { streamFaults } from './stream-faults/stream-faults.ts';

/** Every check that there is. */
export const checks: readonly Check[] = [
  mutants,
  properties,
  model,
  streamFaults,
  cacheFaults,
  histories,
  concurrency,
  cacheTopologies,
  badInput,
  schemathesis,
  containers,
];
