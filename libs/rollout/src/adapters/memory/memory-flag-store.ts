import { FlagsUnavailable } from '../../errors.ts';
import type { FlagStore } from '../../flag-store.ts';

/** The double: what Redis would do, in memory, with faults on demand. */
export interface MemoryFlagStore extends FlagStore {
  /** What lies there; a test puts anything. */
  text: string | null;
  /** Nobody answers while it is set. */
  isAway: boolean;
}

export function memoryFlagStore(text: string | null = null): MemoryFlagStore {
  const mustAnswer = (): void => {
    if (store.isAway) throw new FlagsUnavailable('the double was told to be away');
  };
  const store: MemoryFlagStore = {
    text,
    isAway: false,
    async read() {
      mustAnswer();
      return store.text;
    },
    async replace(seen, next) {
      mustAnswer();
      if (store.text !== seen) return false;
      store.text = next;
      return true;
    },
    close: async () => undefined,
  };
  return store;
}
