import type { PartitionBounds } from '../kafka/log-reader.ts';
import { readRecords } from '../kafka/read-records.ts';
import { replayNameIn } from './dead-letter.ts';
import type { ChosenLetter } from './select-letters.ts';
import type { Claim, Replayed, ReplayTarget } from './settlement.ts';
import type { SettlePorts } from './settle-ports.ts';

const LOOK_AGAIN_MS = 500;

/** What was found out about letters that an earlier run had begun with. */
export interface Resolved {
  /** They were not sent: this run may have them. */
  readonly free: readonly ChosenLetter[];
  /** They were sent, and are recorded as such now, or by their own run meanwhile. */
  readonly settled: number;
  /** Nobody can tell: what would prove it was deleted or compacted. */
  readonly unproven: readonly ChosenLetter[];
}

type Claimed = ChosenLetter & { readonly claim: Claim };

/** Gives the run that claimed them time to say how it ended. @returns those that are claimed still, with their claim of now */
async function waitForOthers(
  { settled, sleep, inDoubtMs, say }: SettlePorts,
  letters: readonly Claimed[],
): Promise<Claimed[]> {
  const stillClaimed = (): Claimed[] =>
    letters.flatMap((letter) => {
      const state = settled.of(letter.id);
      return state.state === 'claimed' ? [{ ...letter, claim: state.claim }] : [];
    });
  let open = stillClaimed();
  if (open.length > 0)
    say?.(
      `an earlier run had begun with ${open.length} of them: it is given ${inDoubtMs / 1_000} s to end, then they are looked up`,
    );
  for (let waitedMs = 0; open.length > 0 && waitedMs < inDoubtMs; waitedMs += LOOK_AGAIN_MS) {
    await sleep(Math.min(LOOK_AGAIN_MS, inDoubtMs));
    await settled.catchUp();
    open = stillClaimed();
  }
  return open;
}

/** What a search of one partition found: where each replay is, and from where on nothing can have been missed. */
interface Searched {
  readonly offsetOf: ReadonlyMap<string, number>;
  readonly isWhole: boolean;
  readonly low: number;
}

async function searchPartition(
  { reader }: Pick<SettlePorts, 'reader'>,
  { topic, partition, from }: ReplayTarget,
  { low, end }: PartitionBounds,
): Promise<Searched> {
  const offsetOf = new Map<string, number>();
  const begin = Math.max(from, low);
  let seen = 0;
  for await (const records of readRecords(reader, [{ topic, partition, offset: begin, end }])) {
    for (const record of records) {
      seen += 1;
      const name = replayNameIn(record);
      if (name !== undefined) offsetOf.set(name, record.offset);
    }
  }
  return { offsetOf, isWhole: seen === end - begin, low };
}

async function searchTargets(ports: SettlePorts, targets: readonly ReplayTarget[]): Promise<Map<string, Searched>> {
  const found = new Map<string, Searched>();
  for (const [place, each] of Map.groupBy(targets, ({ topic, partition }) => `${topic}/${partition}`)) {
    const [first] = each;
    const bounds = (await ports.reader.boundsOf(first?.topic ?? ''))?.find(
      ({ partition }) => partition === first?.partition,
    );
    if (first === undefined || bounds === undefined) continue;
    found.set(
      place,
      await searchPartition(ports, { ...first, from: Math.min(...each.map(({ from }) => from)) }, bounds),
    );
  }
  return found;
}

type Verdict = { readonly offset: number } | 'not sent' | 'unproven';

function verdictOf(name: string, { target }: Claim, searched: Searched | undefined): Verdict {
  // A discard sends nothing, so there is nothing that could be sent twice.
  if (target === undefined) return 'not sent';
  if (searched === undefined) return 'unproven';
  const offset = searched.offsetOf.get(name);
  if (offset !== undefined) return { offset };
  return searched.isWhole && target.from >= searched.low ? 'not sent' : 'unproven';
}

const placeOf = (target: ReplayTarget): string => `${target.topic}/${target.partition}`;

/**
 * Finds out what became of letters that another run had claimed: it waits for that run, then searches the topics it was
 * sending to for the header that names the letter.
 *
 * @throws {CliError} KAFKA_UNREACHABLE
 */
export async function resolveClaims(ports: SettlePorts, letters: readonly ChosenLetter[]): Promise<Resolved> {
  const claimed = letters.filter((letter): letter is Claimed => letter.claim !== undefined);
  const open = await waitForOthers(ports, claimed);
  const searched = await searchTargets(
    ports,
    open.flatMap(({ claim }) => (claim.target === undefined ? [] : [claim.target])),
  );
  const verdicts = open.map((letter) => {
    const { target } = letter.claim;
    const where = target === undefined ? undefined : searched.get(placeOf(target));
    return { letter, verdict: verdictOf(`${ports.deadLetterTopic}/${letter.id}`, letter.claim, where) };
  });
  const sent = verdicts.flatMap(({ letter, verdict }) => {
    const { target } = letter.claim;
    if (typeof verdict === 'string' || target === undefined) return [];
    return [replayedEntry(ports, letter.id, { ...target, offset: verdict.offset })];
  });
  await ports.settled.write(ports.sender, sent);
  return {
    free: verdicts.filter(({ verdict }) => verdict === 'not sent').map(({ letter }) => letter),
    settled: claimed.length - open.length + sent.length,
    unproven: verdicts.filter(({ verdict }) => verdict === 'unproven').map(({ letter }) => letter),
  };
}

/** @returns the entry that says where a letter's record is again */
export const replayedEntry = (
  { run, by, now }: SettlePorts,
  letter: string,
  at: { topic: string; partition: number; offset: number },
): Replayed => ({
  kind: 'replayed',
  letter,
  run,
  by,
  at: now(),
  topic: at.topic,
  partition: at.partition,
  offset: at.offset,
});
