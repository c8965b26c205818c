import { productionSettings } from '@porchlight/stream';

const { kafka } = productionSettings;

/** What every arm fetches by, so that none is ahead by a larger buffer. */
export const fetchLimits = {
  sessionTimeout: kafka.sessionMs,
  heartbeatInterval: kafka.heartbeatEveryMs,
  rebalanceTimeout: kafka.rebalanceMs,
  minBytes: 1,
  maxWaitTimeInMs: kafka.fetchWaitMs,
  maxBytesPerPartition: kafka.partitionFetchBytesMax,
  maxBytes: kafka.fetchBytesMax,
};
