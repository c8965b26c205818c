import { topics, type WarmupCandidates, type WarmupRequests } from '@porchlight/contracts';
import {
  partialAnswers,
  warmNonce,
  type AcquireAnswer,
  type AcquireRequest,
  type AnswersOf,
  type EstimateCache,
  type FillRequest,
} from '@porchlight/estimate-cache';
import type { PropertyCatalog } from '@porchlight/property-catalog';
import type { CatchUp, Clock, Collector, StreamRecord, StreamTask, TaskDefinition, Topic } from '@porchlight/stream';
import type { MlsRules } from '@porchlight/visibility';
import { createBehindAlarm } from './behind-alarm.ts';
import { judgeTickets, type HiddenHome, type Judged, type WonTicket } from './judge-tickets.ts';
import { createRecentlyAsked, type RecentlyAsked } from './recently-asked.ts';
import { RulesTooOld } from './rules-too-old.ts';
import { worthAsking } from './worth-asking.ts';

/** Homes remembered for each partition: two seconds of a thousand records. */
const RECENT_HOMES_MAX = 20_000;

/** Records of one partition that are worked on at once: they share statements, and none holds up the fetcher. */
const CONCURRENT_RECORDS_MAX = 8;

export type FilterOutcome =
  'requested' | 'cached' | 'leased' | 'unreachable' | 'duplicate' | 'hidden' | 'unknown' | 'behind';

export interface RequestFilterPorts {
  readonly cache: Pick<EstimateCache, 'read' | 'acquire' | 'fill' | 'release' | 'forget'>;
  /** Which homes were answered. Default: `partialAnswers`, for a Redis of one node. */
  readonly answersOf?: AnswersOf;
  readonly catalog: Pick<PropertyCatalog, 'factsOf'>;
  readonly rules: Pick<MlsRules, 'get' | 'isUsable'>;
  readonly clock: Pick<Clock, 'now'>;
  /** A home is not asked for twice within this. */
  readonly quietMs: number;
  readonly count: (outcome: FilterOutcome, homes: number) => void;
  /** Told once a minute at most of so many homes whose facts are older than the cache's fence: somebody must look. */
  readonly onBehind: (homes: number) => void;
  /** What becomes of a backlog; default: all of it is done. */
  readonly catchUp?: CatchUp;
  /** Other topics for tests on a shared Kafka. */
  readonly streams?: { input: Topic<WarmupCandidates>; output: Topic<WarmupRequests> };
}

type Candidates = StreamRecord<WarmupCandidates>;

function wonTickets(requests: readonly AcquireRequest[], answers: readonly (AcquireAnswer | null)[]): WonTicket[] {
  return answers.flatMap((answer, at) => {
    const propertyId = requests[at]?.propertyId;
    if (propertyId === undefined || answer?.outcome !== 'win') return [];
    return [{ propertyId, ticket: answer.ticket, factsFence: answer.factsFence }];
  });
}

/** Draws a ticket for each home that is worth one. */
async function drawTickets(ports: RequestFilterPorts, record: Candidates, propertyIds: readonly string[]) {
  const { cache, clock, count, rules, answersOf = partialAnswers } = ports;
  const position = { topic: record.topic.name, partition: record.partition, offset: record.offset };
  const nonceOf = (propertyId: string): string => warmNonce({ ...position, propertyId });
  const read = await answersOf(cache.read(propertyIds), propertyIds.length);
  const { requests, cached, hidden } = worthAsking(propertyIds, read, { now: clock.now(), nonceOf, rules });
  count('cached', cached);
  count('hidden', hidden);
  if (requests.length === 0) return [];
  // Homes of a node of Redis that does not answer are left out: the forecast goes on for the others.
  const answers = await answersOf(cache.acquire(requests, 'w'), requests.length);
  const tickets = wonTickets(requests, answers);
  const unreachable = answers.filter((answer) => answer === null).length;
  count('unreachable', unreachable);
  count('leased', requests.length - unreachable - tickets.length);
  return tickets;
}

/**
 * Gives back what is not asked for. At once: somebody who knows better may try. The facts of what nobody may see are filled alone:
 * viewers are told from them, and the next record does not ask.
 */
async function giveBack({ cache, count }: RequestFilterPorts, { unknown, hidden, behind }: Judged): Promise<void> {
  const flights = unknown.map(({ propertyId, ticket }) => ({ propertyId, epoch: ticket.epoch }));
  const leases = behind.map(({ propertyId, ticket }) => ({ propertyId, nonce: ticket.nonce, backOff: false }));
  await Promise.all([
    flights.length === 0 ? undefined : cache.forget(flights),
    leases.length === 0 ? undefined : cache.release(leases),
    hidden.length === 0 ? undefined : cache.fill(hidden.map(factsAlone)),
  ]);
  count('unknown', unknown.length);
  count('hidden', hidden.length);
  count('behind', behind.length);
}

const factsAlone = ({ propertyId, ticket, facts }: HiddenHome): FillRequest => ({
  propertyId,
  class: 'w',
  ticket,
  facts,
  estimate: 'unknown',
});

interface FilterState {
  readonly recent: RecentlyAsked;
  readonly alarm: (homes: number) => void;
}

async function filter(
  ports: RequestFilterPorts,
  { recent, alarm }: FilterState,
  record: Candidates,
  collector: Collector,
) {
  const { catalog, rules, clock, count } = ports;
  const { forecastId, tile, propertyIds, viewedAt, deadlineAt } = record.value;
  // With a copy that is too old, a home that is hidden now would be paid for.
  if (!rules.isUsable()) throw new RulesTooOld();
  const { fresh, repeated } = recent.split(propertyIds, { offset: record.offset, now: clock.now() });
  count('duplicate', repeated.length);
  if (fresh.length === 0) return collector.drop('duplicate');
  const tickets = await drawTickets(ports, record, fresh);
  if (tickets.length === 0) return collector.drop('nothing-to-fetch');
  // After the tickets, in one statement: facts read before one could be older than what it has to carry.
  const facts = await catalog.factsOf(tickets.map(({ propertyId }) => propertyId));
  const judged = judgeTickets(tickets, facts, rules);
  alarm(judged.behind.length);
  await giveBack(ports, judged);
  count('requested', judged.requested.length);
  if (judged.requested.length === 0) return collector.drop('nothing-to-fetch');
  const value = { forecastId, tile, items: judged.requested, viewedAt, deadlineAt };
  collector.send(ports.streams?.output ?? topics.warmupRequests, record.key ?? tile, value);
}

/**
 * Lets through the homes worth fetching, each with a ticket and the facts read after it.
 *
 * In    warmup.candidates, by tile; order given up
 * Out   warmup.requests, same key
 * Loss  none on a crash: the nonce names the record, so a redelivered record wins its own lease again; an unused one lapses
 */
export function createRequestFilter(ports: RequestFilterPorts): TaskDefinition<WarmupCandidates> {
  const alarm = createBehindAlarm(ports);
  return {
    inputs: [ports.streams?.input ?? topics.warmupCandidates],
    // Leases decide who fetches, so order buys nothing; homes are split off before the first await of a record.
    order: { concurrentRecordsMax: CONCURRENT_RECORDS_MAX, keyOrder: 'given-up' },
    startFrom: 'latest',
    catchUp: ports.catchUp ?? 'all',
    deadlineOf: ({ deadlineAt }) => deadlineAt,
    createTask(): StreamTask<WarmupCandidates> {
      const recent = createRecentlyAsked({ quietMs: ports.quietMs, homesMax: RECENT_HOMES_MAX });
      return { process: (record, collector) => filter(ports, { recent, alarm }, record, collector) };
    },
  };
}
