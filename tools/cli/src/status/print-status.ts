import type { BudgetReading } from '@porchlight/estimate-source';
import { printable } from '../terminal/printable.ts';
import { sayCount, sayMany, saySpan } from '../terminal/say-span.ts';
import { textTable } from '../terminal/text-table.ts';
import {
  isError,
  type ApiStatus,
  type FeedFigures,
  type FleetStatus,
  type GroupFigures,
  type Part,
} from './fleet-status.ts';

const TITLE_WIDTH = 10;
const line = (title: string, text: string): string => `${title.padEnd(TITLE_WIDTH)} ${text}`;
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** Ages of seconds with a tenth: whether it is 0.4 or 1.4 s is what one looks for. */
const age = (ms: number | null): string => {
  if (ms === null) return 'not known';
  return ms < MINUTE_MS ? `${(ms / SECOND_MS).toFixed(1)} s` : saySpan(ms);
};

function groupLines(groups: Part<readonly GroupFigures[]>): string {
  if (isError(groups)) return line('groups', printable(groups.error));
  const rows = groups.map(({ app, state, members, lag, oldestUnreadMs }) => [
    app,
    state,
    sayCount(members),
    sayCount(lag),
    oldestUnreadMs === null ? '-' : age(oldestUnreadMs),
  ]);
  return textTable(
    [
      { title: 'group' },
      { title: 'state' },
      { title: 'members', align: 'right' },
      { title: 'lag', align: 'right' },
      { title: 'oldest unread', align: 'right' },
    ],
    rows,
  );
}

function feedLines(feed: Part<FeedFigures>): string {
  if (isError(feed)) return line('feed', printable(feed.error));
  const { relayMs, marksMs, estimatesMs, bucketsAway, bucketsUnmarked } = feed;
  const wrong = [
    ...(bucketsAway === 0 ? [] : [`${sayMany(bucketsAway, 'bucket')} away`]),
    ...(bucketsUnmarked === 0 ? [] : [`${sayMany(bucketsUnmarked, 'bucket')} that nobody marks`]),
  ];
  const text = `in Kafka up to ${age(relayMs)} ago, applied in every bucket up to ${age(marksMs)}, new estimates up to ${age(estimatesMs)}`;
  return line('changes', [text, ...wrong].join('; '));
}

function upstreamLine(budget: Part<BudgetReading>): string {
  if (isError(budget)) return line('upstream', printable(budget.error));
  const { requestsLeft, itemsLeft, drawnMsAgo, pauseUserMs, pauseBackgroundMs } = budget;
  const left =
    requestsLeft === null || itemsLeft === null
      ? 'nobody has drawn from the budget, or there is none'
      : `${sayCount(Math.floor(requestsLeft))} calls and ${sayCount(Math.floor(itemsLeft))} homes were left ${age(drawnMsAgo)} ago`;
  const pauses = [
    ...(pauseUserMs === 0 ? [] : [`users ${age(pauseUserMs)}`]),
    ...(pauseBackgroundMs === 0 ? [] : [`warm-ups ${age(pauseBackgroundMs)}`]),
  ];
  return line('upstream', `${left}; ${pauses.length === 0 ? 'no pause' : `paused: ${pauses.join(', ')} more`}`);
}

const ms = (value: number | null): string => (value === null ? '-' : `${value.toFixed(value < 10 ? 1 : 0)} ms`);

function apiLines(api: ApiStatus | null, span: string): string[] {
  if (api === null) return [line('api', 'say --metrics url,... for hit rate and latency')];
  const { homes, hitRate, calls, p50Ms, p99Ms, paidCalls, pending, processes, away } = api;
  const hits =
    hitRate === null
      ? 'no home asked for'
      : `${(hitRate * 100).toFixed(1)} % of ${sayMany(homes, 'home')} from the cache`;
  return [
    line(
      'api',
      `${hits}, ${sayMany(calls, 'call')}: p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)}; ${sayCount(paidCalls)} paid, ${sayCount(pending)} pending; ${span}`,
    ),
    line(
      'metrics',
      `${sayMany(processes, 'process', 'processes')} answered${away.map((each) => `; ${printable(each)} did not`).join('')}`,
    ),
  ];
}

/** @param span over which estimate-api's figures are, in words @returns the whole fleet on one screen */
export const printStatus = ({ at, groups, feed, upstream, api }: FleetStatus, span: string): string =>
  [
    `porchlight, ${new Date(at).toISOString()}`,
    '',
    groupLines(groups),
    '',
    feedLines(feed),
    upstreamLine(upstream),
    ...apiLines(api, span),
  ].join('\n');

/** @returns the same in one line, for a log or a pipe */
export function printStatusLine({ at, groups, feed, upstream, api }: FleetStatus): string {
  const lags = isError(groups) ? 'groups away' : groups.map(({ app, lag }) => `${app} ${sayCount(lag)}`).join(', ');
  const changes = isError(feed) ? 'away' : age(feed.marksMs);
  const pause = isError(upstream) ? 'away' : upstream.pauseUserMs + upstream.pauseBackgroundMs === 0 ? 'no' : 'yes';
  const hits =
    api === null
      ? []
      : [`hits ${api.hitRate === null ? '-' : `${(api.hitRate * 100).toFixed(1)} %`}`, `p99 ${ms(api.p99Ms)}`];
  return [new Date(at).toISOString(), `lag: ${lags}`, `changes ${changes}`, `pause ${pause}`, ...hits].join('  ');
}
