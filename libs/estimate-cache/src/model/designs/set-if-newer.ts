import type { StoredValue } from '../../home-state.ts';
import type { Design } from '../design.ts';
import { plainSet, readableOf, valueOf } from './plain-set.ts';

/** As a pair, the facts first: what a single version number of both does. */
export const isPairOlder = (value: StoredValue, than: StoredValue): boolean =>
  value.facts.visibilityVersion === than.facts.visibilityVersion
    ? (value.estimateVersion ?? 0) < (than.estimateVersion ?? 0)
    : value.facts.visibilityVersion < than.facts.visibilityVersion;

/** A value is replaced only by a newer one. Protects while the newer one is there. */
export const setIfNewer: Design = {
  ...plainSet,
  name: 'SET if newer, DEL',
  fill(before, command) {
    const stored = readableOf(before);
    const filled = valueOf(command);
    if (stored !== null && isPairOlder(filled, stored)) return { state: before, answer: { outcome: 'older', stored } };
    return { state: { ...before, value: filled }, answer: { outcome: 'ok', stored: filled } };
  },
};
