import type { Facts } from '@porchlight/contracts';
import { createCacheConfig } from '../../cache-config.ts';
import { settle } from '../../home-state.ts';
import { acquire } from '../../transitions/acquire.ts';
import { fill } from '../../transitions/fill.ts';
import { newEpochIn, replaced, spend } from './memory-moves.ts';
import type { Move } from './move.ts';
import { TOPIC, type Log, type MarkState, type MarkWorld } from './state.ts';

export const modelConfig = createCacheConfig({ jitterShare: 0 });
/** By the clock of Redis nothing ends here: the only time that moves is the primary's. */
export const REDIS_NOW = 0;

const move = (who: string, does: string, to: MarkState): Move => ({ who, does, to, breach: null });

/** The version that the database has of a home. */
const versionOf = (state: MarkState, home: number): number => (state.changedAt[home]?.length ?? 0) + 1;

function changeMoves(state: MarkState, world: MarkWorld): Move[] {
  const { left } = state;
  if (left.changes === 0) return [];
  const now = state.now + 1;
  return world.homes.flatMap((_, home) => {
    const changed = { now, changedAt: replaced(state.changedAt, home, [...(state.changedAt[home] ?? []), now]) };
    const record = { home, version: versionOf(state, home) + 1, isUnreadable: false };
    const outbox = [...state.outbox, record];
    const to = { ...state, ...changed, outbox, left: spend(state, 'changes') };
    const moves = [move('database', `home ${home}: version ${record.version} is committed at ${now}`, to)];
    if (left.unreadables === 0) return moves;
    const unreadable = [...state.outbox, { ...record, isUnreadable: true }];
    const spent = { ...spend(state, 'changes'), unreadables: left.unreadables - 1 };
    const does = `home ${home}: version ${record.version} is committed at ${now}, and its record will name no home`;
    return [...moves, move('database', does, { ...state, ...changed, outbox: unreadable, left: spent })];
  });
}

/** One round of the relay: T, everything that is visible then, and the row. Counts are looked at when something went out. */
function relayMoves(state: MarkState, world: MarkWorld): Move[] {
  const { outbox, row, now } = state;
  const known = row?.partitions[TOPIC];
  const count = known === undefined || outbox.length > 0 ? state.logs.length : known;
  if (outbox.length === 0 && row?.publishedUntilAt === now && known === count) return [];
  const logs = state.logs.map((log, partition): Log => {
    const mine = outbox.filter(({ home }) => (world.homes[home]?.partition ?? 0) % state.logs.length === partition);
    return mine.length === 0 ? log : { ...log, records: [...log.records, ...mine] };
  });
  const to = { ...state, logs, outbox: [], row: { publishedUntilAt: now, partitions: { [TOPIC]: count } } };
  return [move('relay', `publishes ${outbox.length}, writes T ${now} for ${count} partitions`, to)];
}

function logMoves(state: MarkState): Move[] {
  const { left } = state;
  const moves: Move[] = [];
  if (left.grows > 0) {
    const grown = {
      logs: [...state.logs, { start: 0, records: [] }],
      committed: [...state.committed, 0],
      owners: [...state.owners, null],
      sessions: state.sessions.map((sessions) => [...sessions, null]),
    };
    moves.push(move('kafka', 'the topic has one partition more', { ...state, ...grown, left: spend(state, 'grows') }));
  }
  if (left.trims > 0 && state.logs.some(({ start, records }) => start < records.length)) {
    const logs = state.logs.map((log) => ({ ...log, start: log.records.length }));
    moves.push(move('kafka', 'everything is too old to be kept', { ...state, logs, left: spend(state, 'trims') }));
  }
  return moves;
}

const factsNow = (state: MarkState, home: number): Facts => ({
  visibilityVersion: versionOf(state, home),
  status: 'active',
  mlsId: null,
  overrideLevel: null,
  checkedAt: state.now,
});

/** Somebody misses, draws a ticket, reads the facts; and fills later. */
function fetchMoves(state: MarkState, world: MarkWorld): Move[] {
  const { fetch } = state;
  if (fetch === null) {
    if (state.left.fills === 0) return [];
    return world.homes.flatMap((at, home) => {
      const memory = state.memories[at.bucket];
      const held = memory?.homes[home];
      if (memory === undefined || held === undefined) return [];
      const command = {
        class: 's',
        nonce: 'n',
        newEpoch: newEpochIn(state),
        seenSoftExpiryAt: null,
      } as const;
      const { state: after, answer } = acquire(held, command, REDIS_NOW, modelConfig);
      if (answer.outcome !== 'win') return [];
      const memories = replaced(state.memories, at.bucket, { ...memory, homes: replaced(memory.homes, home, after) });
      const facts = factsNow(state, home);
      const left = spend(state, 'fills');
      const to = { ...state, left, memories, fetch: { home, ticket: answer.ticket, facts } };
      return [move('fetcher', `home ${home}: a ticket, then facts ${facts.visibilityVersion} at ${state.now}`, to)];
    });
  }
  const bucket = world.homes[fetch.home]?.bucket ?? 0;
  const memory = state.memories[bucket];
  const held = memory?.homes[fetch.home];
  if (memory === undefined || held === undefined) return [];
  const command = {
    class: 's',
    ticket: fetch.ticket,
    facts: fetch.facts,
    isFactsOnly: false,
    estimateVersion: 1,
    estimateJson: '{}',
    ttls: { activeMs: 300_000, offMarketMs: 300_000, noneMs: 300_000 },
  } as const;
  const { state: after, answer } = fill(settle(held, REDIS_NOW), command, REDIS_NOW, modelConfig);
  const memories = replaced(state.memories, bucket, { ...memory, homes: replaced(memory.homes, fetch.home, after) });
  const does = `home ${fetch.home}: FILL of facts ${fetch.facts.visibilityVersion}: ${answer.outcome}`;
  return [move('fetcher', does, { ...state, memories, fetch: null })];
}

function readerMoves(state: MarkState, world: MarkWorld): Move[] {
  if (world.reader !== 'polls') return [];
  const marks = state.memories.map(({ mark }) => mark);
  const { connectionsLost } = state;
  return [
    move('reader', 'reads the marks', { ...state, reading: { marks, connectionsLost } }),
    move('reader', "reads the relay's row", { ...state, readRow: state.row }),
  ];
}

/** The database, the relay, Kafka, a fetcher, a reader. */
export const outsideMoves = (state: MarkState, world: MarkWorld): Move[] => [
  ...changeMoves(state, world),
  ...relayMoves(state, world),
  ...logMoves(state),
  ...fetchMoves(state, world),
  ...readerMoves(state, world),
];
