import { describe, test } from '@jest/globals';
import { flagStoreConformance } from '../../testing/index.ts';
import { memoryFlagStore } from './memory-flag-store.ts';

describe('the double keeps what every store of flags promises', () => {
  test.each(flagStoreConformance)('$title', async (promise) => {
    const store = memoryFlagStore();
    await promise.check({ store, another: store, cut: () => void (store.isAway = true) });
  });
});
