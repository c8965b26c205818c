import { describe, expect, test } from '@jest/globals';
import { Settlements, type SettlementEntry } from './settlement.ts';

const entry = (kind: SettlementEntry['kind'], run: string, supersedes?: string): SettlementEntry =>
  ({
    kind,
    letter: 'a',
    run,
    by: 'ann',
    at: 0,
    ...(supersedes === undefined ? {} : { supersedes }),
  }) as SettlementEntry;

/** Who has the letter after these entries, in the order of the log. */
function after(...entries: SettlementEntry[]): string {
  const settlements = new Settlements();
  for (const each of entries) settlements.add(each);
  const state = settlements.of('a');
  if (state.state === 'open') return 'nobody';
  return state.state === 'claimed' ? `claimed by ${state.claim.run}` : `${state.entry.kind} by ${state.entry.run}`;
}

describe('who has a letter', () => {
  test.each([
    ['nobody at first', [], 'nobody'],
    ['the first that claims it', [entry('claimed', '1'), entry('claimed', '2')], 'claimed by 1'],
    [
      'one that takes the place of a run that died',
      [entry('claimed', '1'), entry('claimed', '2', '1')],
      'claimed by 2',
    ],
    [
      'only the first of two that would take that place',
      [entry('claimed', '1'), entry('claimed', '2', '1'), entry('claimed', '3', '1')],
      'claimed by 2',
    ],
    ['nobody when it was given back', [entry('claimed', '1'), entry('released', '1')], 'nobody'],
    ['not given back by somebody else', [entry('claimed', '1'), entry('released', '2')], 'claimed by 1'],
    [
      'who settled it, for ever',
      [entry('claimed', '1'), entry('replayed', '1'), entry('claimed', '2', '1'), entry('discarded', '2')],
      'replayed by 1',
    ],
    [
      'a settlement is not given back',
      [entry('claimed', '1'), entry('discarded', '1'), entry('released', '1')],
      'discarded by 1',
    ],
  ])('%s', (_, entries, who) => {
    expect(after(...entries)).toBe(who);
  });
});
