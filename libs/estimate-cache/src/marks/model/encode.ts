import type { HomeState } from '../../home-state.ts';
import type { PartitionLedger } from '../ledger.ts';
import type { BucketMark } from '../port.ts';
import type { BucketMemory, MarkState, ModelSession } from './state.ts';

const markText = ({ partitions, sinceAt }: BucketMark): string =>
  `${Object.entries(partitions)
    .map(([name, { nextOffset, untilAt }]) => `${name}=${nextOffset}@${untilAt}`)
    .toSorted()
    .join()}s${sinceAt}`;

const homeText = ({ value, flight }: HomeState): string => {
  const held =
    value === null || value === 'unreadable' ? '-' : `${value.facts.visibilityVersion}@${value.facts.checkedAt}`;
  return `${held}/${flight === null ? '-' : `${flight.epoch},${flight.factsFence},${flight.lease?.nonce ?? ''}`}`;
};

const memoryText = ({ mark, homes }: BucketMemory): string => `${markText(mark)} ${homes.map(homeText).join(' ')}`;

const ledgerText = ({ buckets, position, pending }: PartitionLedger): string => {
  const known = buckets.map(({ run, fromOffset, doubts }) => `${run}:${fromOffset}:${doubts}`);
  return `${known.join()} ${position} ${pending.map(({ at, endOffset }) => `${at}:${endOffset}`).join()}`;
};

/** Of what was asked only that which the answers are held against. */
function askedText({ asked }: ModelSession): string {
  if (asked === null) return '-';
  const { position, round, answers } = asked;
  const said = answers.map((answer, i) => {
    const run = answer !== null && 'run' in answer ? answer.run : '';
    const nextOffset = answer !== null && 'nextOffset' in answer ? answer.nextOffset : '';
    return `${round.commands[i]?.toOffset}:${answer?.outcome}:${run}:${nextOffset}`;
  });
  return `${round.isAnotherLog} ${position.nextOffset} ${position.log.startOffset}-${position.log.endOffset} ${said.join()} ${ledgerText(round.ledger)}`;
}

const sessionText = (session: ModelSession): string => {
  const { ledger, counted, begun, noted, lost, lostAt } = session;
  const lostText = lost.map(({ bucket, run }) => `${bucket}:${run}`).join();
  return `${counted},${begun},${noted},${lostAt},${lostText} ${ledgerText(ledger)} ${askedText(session)}`;
};

/**
 * A state as text. Steps replace parts and keep the others, so each part is written once. What can have no effect any more
 * is left out: committed offsets that nobody begins at, copies that nobody falls back to.
 *
 * Epochs and runs need no care: a new epoch is the lowest that nobody knows, and runs are counted by what is left of faults.
 */
export function createMarkEncoder(): (state: MarkState) => string {
  const written = new WeakMap<object, string>();
  const once = <T extends object>(part: T | null, textOf: (part: T) => string): string => {
    if (part === null) return '-';
    const known = written.get(part);
    if (known !== undefined) return known;
    const text = textOf(part);
    written.set(part, text);
    return text;
  };
  const json = (part: object | null): string => once(part, JSON.stringify);
  return (state) => {
    const { now, runsDrawn, connectionsLost, hasLost, left, owners, reading } = state;
    const isBegunAgain = left.takeovers + left.crashes > 0 || owners.includes(null);
    const isFallenBack = left.failovers + left.putBacks > 0;
    const parts = [
      ...state.memories.map((memory) => once(memory, memoryText)),
      ...(isFallenBack ? state.copies.map((memory) => once(memory, memoryText)) : []),
      ...state.sessions.flatMap((sessions) => sessions.map((session) => once(session, sessionText))),
      ...state.logs.map(json),
      json(state.changedAt),
      json(state.outbox),
      json(state.row),
      isBegunAgain ? json(state.committed) : '',
      json(state.runs),
      json(owners),
      json(state.fetch),
      reading && `${reading.connectionsLost}${reading.marks.map((mark) => once(mark, markText)).join()}`,
      json(state.readRow),
      json(left),
    ];
    return `${now} ${runsDrawn} ${connectionsLost} ${hasLost} ${parts.join(';')}`;
  };
}
