import { resolveClaims } from './resolve-claims.ts';
import type { ChosenLetter } from './select-letters.ts';
import type { Claim, Discarded } from './settlement.ts';
import type { SettlePorts } from './settle-ports.ts';

const BATCH_LETTERS_MAX = 500;

export interface DiscardReport {
  readonly discarded: number;
  /** Had been replayed by a run that was interrupted, or were settled by somebody else meanwhile. */
  readonly settledBefore: number;
}

function claimOf({ run, by, now }: SettlePorts, { id, claim: before }: ChosenLetter): Claim {
  const claim: Claim = { kind: 'claimed', letter: id, run, by, at: now() };
  // The target of an earlier run stays: should this one die, its record must still be searched for.
  const kept = before?.target === undefined ? claim : { ...claim, target: before.target };
  return before === undefined ? kept : { ...kept, supersedes: before.run };
}

/**
 * Settles dead letters that nobody wants any more: they stay in their topic until retention takes them, and no command shows
 * or replays them unasked. Claimed first, so that none is discarded while another run replays it.
 *
 * @throws {CliError} KAFKA_UNREACHABLE
 */
export async function discardLetters(
  ports: SettlePorts,
  letters: readonly ChosenLetter[],
  { reason, onProgress = () => undefined }: { reason: string; onProgress?: (letters: number) => void },
): Promise<DiscardReport> {
  const resolved = await resolveClaims(ports, letters);
  const open = [...letters.filter(({ claim }) => claim === undefined), ...resolved.free, ...resolved.unproven];
  let discarded = 0;
  for (let next = 0; next < open.length && ports.stopped?.aborted !== true; next += BATCH_LETTERS_MAX) {
    const batch = open.slice(next, next + BATCH_LETTERS_MAX);
    await ports.settled.write(
      ports.sender,
      batch.map((letter) => claimOf(ports, letter)),
    );
    await ports.onStep?.('claimed', batch.length);
    const ours = batch.filter(({ id }) => {
      const state = ports.settled.of(id);
      return state.state === 'claimed' && state.claim.run === ports.run;
    });
    const entries = ours.map(({ id }): Discarded => {
      return { kind: 'discarded', letter: id, run: ports.run, by: ports.by, at: ports.now(), reason };
    });
    await ports.settled.write(ports.sender, entries);
    discarded += ours.length;
    onProgress(batch.length);
  }
  return { discarded, settledBefore: letters.length - discarded };
}
