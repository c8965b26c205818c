import { z } from 'zod';

/** What the apps have whose tasks keep state. */
export const stateConfig = {
  STATE_DIR: z
    .string()
    .min(1)
    .default('.porchlight/state')
    .describe('folder of the local copies of the state; one that is lost is restored from Kafka'),
};
