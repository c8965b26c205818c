import { CliError } from '../cli-error.ts';
import type { PartitionBounds } from '../kafka/log-reader.ts';
import { originalHeadersOf, replayNameOf, REPLAY_HEADER, type DeadLetter } from './dead-letter.ts';
import { RecordTooLarge, type Outgoing } from './letter-sender.ts';
import { lettersAt } from './read-letters.ts';
import { replayedEntry, resolveClaims } from './resolve-claims.ts';
import type { ChosenLetter } from './select-letters.ts';
import type { Claim, Released, ReplayTarget } from './settlement.ts';
import { SEND_WITHIN_MS, type SettlePorts } from './settle-ports.ts';

const BATCH_LETTERS_MAX = 100;
/** Records of one partition go in one batch, which a broker takes only up to a topic's `max.message.bytes`. */
const BATCH_BYTES_MAX = 512 * 1024;
const SECOND_MS = 1_000;

export interface ReplayOptions {
  /** At most so many a second: what failed once must not come back as a flood. */
  readonly perSecond: number;
  /** Send also those of which nobody can prove that they were not sent. */
  readonly evenIfUnproven?: boolean;
  readonly onProgress?: (letters: number) => void;
}

export interface ReplayReport {
  readonly replayed: number;
  /** Had been sent by a run that was interrupted, or were settled by somebody else meanwhile. */
  readonly settledBefore: number;
  /** Refs of letters that may or may not have been sent: what would prove it is gone. */
  readonly unproven: readonly string[];
  /** Refs of letters whose topic or partition is not there, or that do not say where they came from. */
  readonly homeless: readonly string[];
  /** Refs of letters that hold the beginning of their record only. */
  readonly cut: readonly string[];
  /** Refs of letters that the broker does not take for their size. */
  readonly tooLarge: readonly string[];
  /** Not settled, the unproven, the homeless, the cut and the large among them: the command was stopped, or another run has begun with them. */
  readonly left: number;
}

/** A letter that may be sent: where to, and from where its record would be found. */
interface Sendable {
  readonly letter: DeadLetter;
  readonly claim: Claim & { readonly target: ReplayTarget };
}

async function boundsOfTargets(
  { reader }: SettlePorts,
  letters: readonly ChosenLetter[],
): Promise<Map<string, PartitionBounds>> {
  const bounds = new Map<string, PartitionBounds>();
  for (const topic of new Set(letters.flatMap(({ origin }) => origin?.topic ?? [])))
    for (const each of (await reader.boundsOf(topic)) ?? []) bounds.set(`${topic}/${each.partition}`, each);
  return bounds;
}

const homeOf = ({ origin }: ChosenLetter): string => `${origin?.topic}/${origin?.partition}`;

function claimOf(
  { run, by, now }: SettlePorts,
  letter: ChosenLetter,
  bounds: PartitionBounds,
): Sendable['claim'] | undefined {
  const { origin, claim: before } = letter;
  if (origin === undefined) return undefined;
  // Where an earlier run began, its record may still turn up: whoever comes after us must search from there.
  const from = Math.min(before?.target?.from ?? bounds.end, bounds.end);
  const claim: Sendable['claim'] = {
    kind: 'claimed',
    letter: letter.id,
    run,
    by,
    at: now(),
    target: { topic: origin.topic, partition: origin.partition, from },
  };
  return before === undefined ? claim : { ...claim, supersedes: before.run };
}

const outgoingOf = ({ letter }: Sendable): Outgoing => ({
  key: letter.record.key,
  value: letter.record.value,
  headers: { ...originalHeadersOf(letter), [REPLAY_HEADER]: Buffer.from(replayNameOf(letter)) },
});

/** Claims letters. @returns those that are ours, with their bytes; others were taken by another run in the same moment */
async function claimLetters(
  ports: SettlePorts,
  batch: readonly ChosenLetter[],
  bounds: ReadonlyMap<string, PartitionBounds>,
): Promise<Sendable[]> {
  const claims = batch.flatMap((letter) => {
    const there = bounds.get(homeOf(letter));
    return there === undefined ? [] : (claimOf(ports, letter, there) ?? []);
  });
  const letters = await lettersAt(ports.reader, ports.deadLetterTopic, batch);
  await ports.settled.write(ports.sender, claims);
  return claims.flatMap((claim) => {
    const state = ports.settled.of(claim.letter);
    const letter = letters.find(({ id }) => id === claim.letter);
    const isOurs = state.state === 'claimed' && state.claim.run === ports.run;
    return isOurs && letter !== undefined ? [{ letter, claim }] : [];
  });
}

const bytesOf = ({ letter: { record } }: Sendable): number => (record.value?.length ?? 0) + (record.key?.length ?? 0);

/** @returns parts that a broker takes as one batch, in order */
export function cutByBytes<T>(items: readonly T[], bytes: (item: T) => number, bytesMax: number): T[][] {
  const parts: T[][] = [];
  let size = 0;
  for (const item of items) {
    const last = parts.at(-1);
    if (last === undefined || size + bytes(item) > bytesMax) {
      parts.push([item]);
      size = bytes(item);
    } else {
      last.push(item);
      size += bytes(item);
    }
  }
  return parts;
}

/** What was sent, and what was not, for sure: what is in neither may have arrived. */
interface Sent {
  readonly sent: number;
  readonly unsent: readonly Sendable[];
  readonly tooLarge: readonly Sendable[];
}

/** Sends to one partition, and writes down where each record is. @returns false if the broker takes none of this size */
async function sendPart(ports: SettlePorts, part: readonly Sendable[], target: ReplayTarget): Promise<boolean> {
  try {
    const offsets = await ports.sender.send(target, part.map(outgoingOf));
    await ports.onStep?.('sent', part.length);
    const entries = part.map(({ letter }, at) =>
      replayedEntry(ports, letter.id, { ...target, offset: offsets[at] ?? -1 }),
    );
    await ports.settled.write(ports.sender, entries);
    await ports.onStep?.('settled', part.length);
    return true;
  } catch (error) {
    if (error instanceof RecordTooLarge) return false;
    throw error;
  }
}

/** One partition after the other: a send that fails leaves one partition in doubt. */
async function sendClaimed(ports: SettlePorts, sendable: readonly Sendable[], claimedAt: number): Promise<Sent> {
  const byPlace = Map.groupBy(sendable, ({ claim: { target } }) => `${target.topic}/${target.partition}`);
  const parts = [...byPlace.values()].flatMap((each) => cutByBytes(each, bytesOf, BATCH_BYTES_MAX));
  let sent = 0;
  const [unsent, tooLarge]: [Sendable[], Sendable[]] = [[], []];
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    const target = part[0]?.claim.target;
    // Somebody who waited for us may have begun to search: what was claimed too long ago is given back.
    if (target === undefined || performance.now() - claimedAt > SEND_WITHIN_MS) unsent.push(...part);
    else if (await sendPart(ports, part, target)) sent += part.length;
    else if (part.length === 1) tooLarge.push(...part);
    // A topic may take less at once than we put together.
    else parts.unshift(...part.map((each) => [each]));
  }
  return { sent, unsent, tooLarge };
}

/** Gives back what was claimed and not sent, so that nobody has to wait or to search for it. */
async function release({ settled, sender, run, by, now }: SettlePorts, letters: readonly Sendable[]): Promise<void> {
  const entries = letters.map(({ letter }): Released => ({ kind: 'released', letter: letter.id, run, by, at: now() }));
  await settled.write(sender, entries);
}

async function replayBatch(ports: SettlePorts, batch: readonly ChosenLetter[]): Promise<Sent> {
  const bounds = await boundsOfTargets(ports, batch);
  const sendable = await claimLetters(ports, batch, bounds);
  const claimedAt = performance.now();
  await ports.onStep?.('claimed', sendable.length);
  const result = await sendClaimed(ports, sendable, claimedAt);
  await release(ports, [...result.unsent, ...result.tooLarge]);
  return result;
}

const interrupted = (replayed: number, left: number, cause: unknown): CliError =>
  cause instanceof CliError && cause.code === 'SETTLED_TOPIC_MISSING'
    ? cause
    : new CliError(
        'REPLAY_INTERRUPTED',
        `${replayed} letters were replayed, then Kafka failed (${cause instanceof Error ? cause.message : String(cause)}); ${left} are left, some of which may have arrived: ` +
          'run the same command again, which looks for those before it sends anything',
        cause,
      );

/**
 * Puts dead letters back where they came from: original topic, partition, key, bytes and headers, and one header that names
 * the letter. Each is sent once, whoever is killed when: a claim is written before a record is sent, and what it became
 * after; a claim without an end is looked up in the topic it was sent to before anybody sends it again.
 *
 * @throws {CliError} REPLAY_INTERRUPTED, KAFKA_UNREACHABLE
 */
export async function replayLetters(
  ports: SettlePorts,
  letters: readonly ChosenLetter[],
  { perSecond, evenIfUnproven = false, onProgress = () => undefined }: ReplayOptions,
): Promise<ReplayReport> {
  const whole = letters.filter(({ isCut }) => !isCut);
  const bounds = await boundsOfTargets(ports, whole);
  const [homeless, housed] = [
    whole.filter((each) => !bounds.has(homeOf(each))),
    whole.filter((each) => bounds.has(homeOf(each))),
  ];
  const fresh = housed.filter(({ claim }) => claim === undefined);
  const resolved = await resolveClaims(ports, housed);
  const toSend = [...fresh, ...resolved.free, ...(evenIfUnproven ? resolved.unproven : [])].toSorted(
    (a, b) => a.partition - b.partition || a.offset - b.offset,
  );
  const size = Math.min(BATCH_LETTERS_MAX, perSecond);
  let replayed = 0;
  const tooLarge: string[] = [];
  for (let next = 0; next < toSend.length && ports.stopped?.aborted !== true; next += size) {
    const batch = toSend.slice(next, next + size);
    const beganAt = performance.now();
    try {
      const result = await replayBatch(ports, batch);
      replayed += result.sent;
      tooLarge.push(...result.tooLarge.map(({ letter }) => letter.ref));
    } catch (error) {
      throw interrupted(replayed, toSend.length - replayed, error);
    }
    onProgress(batch.length);
    const restMs = (batch.length / perSecond) * SECOND_MS - (performance.now() - beganAt);
    if (next + size < toSend.length && restMs > 0) await ports.sleep(restMs);
  }
  await ports.settled.catchUp();
  const settled = letters.filter(({ id }) => ports.settled.of(id).state === 'settled').length;
  return {
    replayed,
    settledBefore: settled - replayed,
    unproven: evenIfUnproven ? [] : resolved.unproven.map(({ ref }) => ref),
    homeless: homeless.map(({ ref }) => ref),
    cut: letters.filter(({ isCut }) => isCut).map(({ ref }) => ref),
    tooLarge,
    left: letters.length - settled,
  };
}
