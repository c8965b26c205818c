import type { TaskContext } from '../port.ts';
import { StateError } from '../state/state-error.ts';

/** For a task whose definition declares no store. */
export const noStores: TaskContext = {
  store: ({ name }) => {
    throw new StateError('STORE_NOT_DECLARED', `${name} is not among the stores of the definition`);
  },
};
