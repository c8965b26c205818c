import type { Facts } from '@porchlight/contracts';
import { saySpan } from '../terminal/say-span.ts';
import { printable } from '../terminal/printable.ts';
import type { ExplainedFlight, ExplainedValue, HomeExplanation } from './explain-home.ts';

const TITLE_WIDTH = 10;
const line = (title: string, text: string): string => `${title.padEnd(TITLE_WIDTH)} ${text}`;

const ago = (at: number, now: number): string => (at <= now ? `${saySpan(now - at)} ago` : `in ${saySpan(at - now)}`);
const instant = (at: number, now: number): string => `${new Date(at).toISOString()} (${ago(at, now)})`;

const factsText = ({ visibilityVersion, status, mlsId, overrideLevel }: Facts): string =>
  printable(
    `version ${visibilityVersion}, ${status}, MLS ${mlsId ?? 'none'}, seller's level ${overrideLevel ?? 'none'}`,
  );

function cachedLines(value: ExplainedValue, { cacheNow, databaseNow }: HomeExplanation): string[] {
  const version = value.estimateVersion === null ? 'none was found' : `version ${value.estimateVersion}`;
  return [
    line('cached', `${value.bytes} bytes, written by ${value.writtenBy}`),
    line('  facts', factsText(value.facts)),
    line('  checked', instant(value.facts.checkedAt, databaseNow)),
    line(
      '  holds',
      value.factsHoldUntilAt === null
        ? 'nobody can say'
        : `until ${instant(value.factsHoldUntilAt, databaseNow)}: ${value.verdict}`,
    ),
    line('  estimate', `${version}, asked for ${instant(value.acquiredAt, cacheNow)}`),
    line(
      '  soft',
      `${instant(value.softExpiryAt, cacheNow)}${value.isSoftExpired ? ', refreshed by the next request' : ''}`,
    ),
    line('  hard', instant(value.hardExpiryAt, cacheNow)),
  ];
}

function flightText(flight: ExplainedFlight, now: number): string {
  const who =
    flight.lease === null
      ? 'nobody fetches'
      : `${flight.lease.for} holds the lease, which ends ${ago(flight.lease.endsAt, now)}`;
  return `${who}; fills need facts of version ${flight.factsFence} and an estimate of version ${flight.estimateFence} or newer; forgotten ${ago(flight.expiresAt, now)}`;
}

function ruleText({ rule, facts }: HomeExplanation): string {
  if (rule === null) return facts?.mlsId == null ? 'none applies' : 'missing: nobody sees the value';
  return printable(
    `${rule.mlsId} version ${rule.ruleVersion}: for sale ${rule.activeLevel}, off the market ${rule.offMarketLevel}`,
  );
}

/** @returns a home as a person reads it: what a viewer sees first, then why, then everything that was looked at */
export function printExplanation(home: HomeExplanation): string {
  const { propertyId, role, status, requiredRole, estimate, cached, rejected, flight, facts, mark, databaseNow } = home;
  const needs = requiredRole === null ? '' : ` (requiredRole ${requiredRole})`;
  return [
    `${propertyId} for a viewer who is ${role}: ${status}${needs}`,
    ...(estimate === null ? [] : [line('value', printable(JSON.stringify(estimate)))]),
    '',
    ...home.why.map((text) => `  ${printable(text)}`),
    '',
    line('database', facts === null ? 'no such home' : factsText(facts)),
    line('rule', ruleText(home)),
    ...(cached === null
      ? [
          line(
            'cached',
            rejected === null ? 'nothing' : `bytes that cannot be read (${rejected}): the next reader deletes them`,
          ),
        ]
      : cachedLines(cached, home)),
    line('flight', flight === null ? 'none' : flightText(flight, home.cacheNow)),
    line(
      'bucket',
      `${home.bucket}, ${mark === null ? 'nobody says up to when changes are applied' : `changes are applied up to ${instant(mark.watermarkAt, databaseNow)}`}`,
    ),
    ...home.refresh.map((text, at) => line(at === 0 ? 'refreshed' : '', text)),
  ].join('\n');
}
