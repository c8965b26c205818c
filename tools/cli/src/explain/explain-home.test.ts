import { describe, expect, test } from '@jest/globals';
import type { Facts } from '@porchlight/contracts';
import { defaultFreshnessPolicy, type CachedEstimate, type Flight } from '@porchlight/estimate-cache';
import { ROLES, type MlsRule, type Role } from '@porchlight/visibility';
import { explainHome } from './explain-home.ts';
import type { HomeEvidence } from './home-evidence.ts';
import { printExplanation } from './print-explanation.ts';

const NOW = 1_764_000_000_000;
/** A number that stands nowhere else. */
const VALUE_USD = 7_654_321;
const JSON_TEXT = `{"valueUsd":${VALUE_USD},"lowUsd":7000001,"highUsd":8000002,"computedAt":${NOW - 5_000}}`;

const facts = (fields: Partial<Facts> = {}): Facts => ({
  visibilityVersion: 3,
  status: 'active',
  mlsId: 'mls-1',
  overrideLevel: null,
  checkedAt: NOW - 10_000,
  ...fields,
});
const value = (fields: Partial<CachedEstimate> = {}): CachedEstimate => ({
  propertyId: 'p-1',
  class: 'w',
  facts: facts(),
  isFactsOnly: false,
  estimateVersion: 9,
  acquiredAt: NOW - 20_000,
  softExpiryAt: NOW + 200_000,
  hardExpiryAt: NOW + 280_000,
  estimateJson: Buffer.from(JSON_TEXT),
  ...fields,
});
const flight = (fields: Partial<Flight> = {}): Flight => ({
  epoch: 'secret-epoch',
  factsFence: 3,
  estimateFence: 0,
  estimateFenceRoseAt: 0,
  lease: { nonce: 'secret-nonce', endsAt: NOW + 1_500, class: 's' },
  expiresAt: NOW + 120_000,
  ...fields,
});
const rule = (activeLevel: MlsRule['activeLevel']): MlsRule => ({
  mlsId: 'mls-1',
  ruleVersion: 4,
  activeLevel,
  offMarketLevel: 'agent',
});
const evidence = ({
  cached = value(),
  ...fields
}: Partial<Omit<HomeEvidence, 'cached'>> & { cached?: CachedEstimate | null } = {}): HomeEvidence => ({
  propertyId: 'p-1',
  cached: { propertyId: 'p-1', value: cached, rejected: null, valueBytes: 214, flight: null, cacheNow: NOW },
  mark: { watermarkAt: NOW - 1_000, sinceAt: 0 },
  facts: facts({ checkedAt: NOW }),
  rules: new Map([['mls-1', rule('registered')]]),
  databaseNow: NOW,
  ...fields,
});
const explain = (role: Role, found = evidence()) => explainHome(found, role, defaultFreshnessPolicy);

describe('who sees what', () => {
  test.each<[Role, string, string | null, number | null]>([
    ['unregistered', 'restricted', 'registered', null],
    ['registered', 'available', null, VALUE_USD],
    ['agent', 'available', null, VALUE_USD],
  ])('%s: %s', (role, status, requiredRole, valueUsd) => {
    const home = explain(role);
    expect([home.status, home.requiredRole]).toEqual([status, requiredRole]);
    expect((home.estimate as { valueUsd: number } | null)?.valueUsd ?? null).toBe(valueUsd);
  });

  test('says the rule, the seller and what the stricter of both is', () => {
    const home = explain('agent', evidence({ cached: null, facts: facts({ overrideLevel: 'verified' }) }));
    expect(home.why).toEqual([
      'the rule of mls-1 (version 4) shows homes for sale to registered viewers and above',
      'the seller (or a deletion) restricts it to verified viewers and above',
      'the stricter of both counts: verified viewers and above',
      'so a viewer who is agent may see the value',
      'nothing is cached: the next request asks the paid API, and answers what it says',
    ]);
  });

  test('an MLS without a rule hides the home from everybody, and the reason says so', () => {
    const home = explain('agent', evidence({ rules: new Map() }));
    expect([home.status, home.why[0]]).toEqual([
      'withheld',
      'the database has no rule for the MLS mls-1: in doubt nobody sees the value',
    ]);
  });

  test('a home that is not in the database is unknown, whatever is cached', () => {
    expect(explain('agent', evidence({ facts: null }))).toMatchObject({ status: 'unknown', estimate: null });
  });

  test('facts that are cached alone are no answer for a role that may see the home, least of all none', () => {
    const alone = value({ isFactsOnly: true, estimateJson: null, estimateVersion: null });
    expect(explain('agent', evidence({ cached: alone })).status).toBe('not-cached');
  });

  test('a cached none is none', () => {
    expect(explain('agent', evidence({ cached: value({ estimateJson: null, estimateVersion: null }) })).status).toBe(
      'none',
    );
  });
});

describe('a hidden value is in nothing that is printed', () => {
  const hidden: [string, HomeEvidence, readonly Role[]][] = [
    [
      'by the rule',
      evidence({ rules: new Map([['mls-1', rule('agent')]]) }),
      ['unregistered', 'registered', 'verified'],
    ],
    ['by everybody', evidence({ rules: new Map([['mls-1', rule('nobody')]]) }), ROLES],
    [
      'by the database only: what is cached is older',
      evidence({ facts: facts({ visibilityVersion: 4, overrideLevel: 'nobody' }) }),
      ROLES,
    ],
    [
      'by the cache only: what is cached is newer',
      evidence({ cached: value({ facts: facts({ visibilityVersion: 4, overrideLevel: 'nobody' }) }) }),
      ROLES,
    ],
    ['by doubt', evidence({ rules: new Map() }), ROLES],
  ];
  test.each(hidden)('%s', (_, found, roles) => {
    for (const role of roles) {
      const home = explain(role, found);
      expect(JSON.stringify(home) + printExplanation(home)).not.toMatch(/7,?654,?321|7000001|8000002/);
    }
  });

  test('and who may see it sees it in both', () => {
    const home = explain('agent');
    expect(JSON.stringify(home)).toContain(String(VALUE_USD));
    expect(printExplanation(home)).toContain(String(VALUE_USD));
  });
});

describe('freshness', () => {
  test('a feed that is alive vouches for facts that were checked long ago', () => {
    const found = evidence({ cached: value({ facts: facts({ checkedAt: NOW - 200_000 }) }) });
    expect(explain('agent', found).cached).toMatchObject({ verdict: 'serve', factsHoldUntilAt: NOW - 1_000 });
  });

  test('a feed that is late makes a hit be checked, and the reason says so', () => {
    const late = evidence({
      cached: value({ facts: facts({ checkedAt: NOW - 60_000 }) }),
      mark: { watermarkAt: NOW - 60_000, sinceAt: 0 },
    });
    const home = explain('agent', late);
    expect(home.cached?.verdict).toBe('check');
    expect(home.why.at(-1)).toContain('read again before it is shown');
  });

  test('an older value that is checked first is removed, so nothing is cached for the viewer', () => {
    const found = evidence({
      cached: value({ facts: facts({ checkedAt: NOW - 60_000 }) }),
      mark: null,
      facts: facts({ visibilityVersion: 8 }),
    });
    expect(explain('agent', found)).toMatchObject({ status: 'not-cached', estimate: null });
  });

  test('a value that is newer than the database is shown to nobody', () => {
    const found = evidence({ cached: value({ facts: facts({ visibilityVersion: 5 }) }) });
    expect(explain('agent', found)).toMatchObject({ status: 'unavailable', estimate: null });
  });
});

describe('when it is refreshed', () => {
  test('says each of its ends', () => {
    expect(explain('agent').refresh).toEqual([
      'the estimate: by the first request in 200 s or later, which is answered with what is there',
      'the facts: with the feed, within seconds of a change; without it at the latest in 290 s',
      'it is gone in 280 s',
    ]);
  });

  test('what nobody may see is never paid for', () => {
    const found = evidence({ cached: null, rules: new Map([['mls-1', rule('nobody')]]) });
    expect(explain('agent', found).refresh).toEqual(['never: no viewer may see it, so nobody pays for it']);
  });

  test('a lease that ended holds nobody', () => {
    const found = (endsAt: number) => {
      const { cached, ...rest } = evidence({ cached: null });
      return { ...rest, cached: { ...cached, flight: flight({ lease: { nonce: 'n', endsAt, class: 's' } }) } };
    };
    expect(explain('agent', found(NOW + 1_500)).refresh[0]).toBe('somebody fetches it now, at most 1.5 s more');
    expect(explain('agent', found(NOW - 1)).refresh).toHaveLength(1);
  });
});

test('epochs and nonces, with which somebody could fill, are not told', () => {
  const { cached, ...rest } = evidence({ cached: null });
  const home = explain('agent', { ...rest, cached: { ...cached, flight: flight() } });
  expect(JSON.stringify(home) + printExplanation(home)).not.toContain('secret');
});

test('foreign text cannot steer the terminal', () => {
  const found = evidence({ facts: facts({ mlsId: 'a\u001b[2J' }), cached: null, rules: new Map() });
  expect(printExplanation(explain('agent', found))).not.toContain('\u001b');
});
