import { describeAppWithoutBroker } from '../../testing/app-without-broker.ts';

/** By KIP-848 the partitions are a silent member's until its session ends, and that is the broker's: 45 s. */
const BACK_MS_MAX = 90_000;

for (const client of ['platformatic', 'platformatic-consumer'] as const)
  describeAppWithoutBroker(client, { backMsMax: BACK_MS_MAX, said: ['experimental'] });
