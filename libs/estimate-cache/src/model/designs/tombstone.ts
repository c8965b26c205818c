import type { HomeState } from '../../home-state.ts';
import { modelConfig } from '../times.ts';
import type { Design } from '../design.ts';
import { keptBeside } from './plain-set.ts';
import { setIfNewer } from './set-if-newer.ts';

/** The tombstone stands in `:m`, so that it is evicted like any key. */
const bury = ({ flight }: HomeState, facts: number, estimate: number, now: number): HomeState => ({
  value: null,
  flight: keptBeside('tombstone', now + modelConfig.keepMs, {
    factsFence: Math.max(flight?.factsFence ?? 0, facts),
    estimateFence: Math.max(flight?.estimateFence ?? 0, estimate),
  }),
});

/** A change leaves a tombstone with its version; nothing older is stored while it stands. */
export const tombstone: Design = {
  ...setIfNewer,
  name: 'SET if newer, versioned tombstones',
  fill(before, command, now, config) {
    const { flight } = before;
    const isBuried =
      flight !== null &&
      (command.facts.visibilityVersion < flight.factsFence || (command.estimateVersion ?? 0) < flight.estimateFence);
    return isBuried ? { state: before, answer: { outcome: 'below' } } : setIfNewer.fill(before, command, now, config);
  },
  invalidate: (before, { visibilityVersion }, now) => ({
    state: bury(before, visibilityVersion, 0, now),
    answer: 'removed',
  }),
  update: (before, { estimateVersion }, now) => ({ state: bury(before, 0, estimateVersion, now), answer: 'removed' }),
};
