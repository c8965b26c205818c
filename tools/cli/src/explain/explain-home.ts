import type { Facts, Level } from '@porchlight/contracts';
import {
  bucketOf,
  freshnessOf,
  type CachedEstimate,
  type Freshness,
  type FreshnessPolicy,
} from '@porchlight/estimate-cache';
import {
  decide,
  judgeLevel,
  type Decision,
  type Doubt,
  type KnownLevel,
  type MlsRule,
  type Role,
} from '@porchlight/visibility';
import type { HomeEvidence } from './home-evidence.ts';

/** The status that estimate-api answers, or `not-cached`: then what the paid API says decides. */
export type ExplainedStatus =
  'unknown' | 'withheld' | 'restricted' | 'none' | 'available' | 'not-cached' | 'unavailable';

export interface ExplainedValue {
  readonly writtenBy: 'a request' | 'a warm-up';
  readonly bytes: number;
  readonly facts: Facts;
  readonly estimateVersion: number | null;
  readonly acquiredAt: number;
  readonly softExpiryAt: number;
  readonly hardExpiryAt: number;
  readonly verdict: Freshness['verdict'];
  /** Up to when the facts are known to hold; null: never. */
  readonly factsHoldUntilAt: number | null;
  readonly isSoftExpired: boolean;
  /** Against the facts of the database. */
  readonly isAsNewAsDatabase: boolean;
}

export interface ExplainedFlight {
  /** Who fetches now; null: nobody. */
  readonly lease: { readonly for: 'a request' | 'a warm-up'; readonly endsAt: number } | null;
  readonly factsFence: number;
  readonly estimateFence: number;
  readonly expiresAt: number;
}

/** What is known of a home and why a viewer sees what he sees. Instants are UTC milliseconds. */
export interface HomeExplanation {
  readonly propertyId: string;
  readonly role: Role;
  readonly bucket: number;
  readonly status: ExplainedStatus;
  /** The lowest role that may see the value; null: any, or nobody. */
  readonly requiredRole: Role | null;
  readonly why: readonly string[];
  /** What this role is shown; null where there is nothing, or nothing that this role may see. */
  readonly estimate: unknown;
  readonly cached: ExplainedValue | null;
  /** Why what lies in Redis cannot be read; null: it can, or nothing lies there. */
  readonly rejected: string | null;
  readonly flight: ExplainedFlight | null;
  readonly facts: Facts | null;
  readonly rule: MlsRule | null;
  readonly mark: { readonly watermarkAt: number; readonly sinceAt: number } | null;
  readonly refresh: readonly string[];
  readonly databaseNow: number;
  readonly cacheNow: number;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;

const DOUBTS: Readonly<Record<Doubt, (facts: Facts) => string>> = {
  'unknown-mls': ({ mlsId }) => `the database has no rule for the MLS ${mlsId ?? ''}: in doubt nobody sees the value`,
  'unknown-status': ({ status }) => `the listing status ${status} is not understood: in doubt nobody sees the value`,
  'unknown-level': () => 'a level is not understood: in doubt nobody sees the value',
};

const seenBy = (level: Level): string => (level === 'nobody' ? 'nobody' : `${level} viewers and above`);

function whyLevel(facts: Facts, rule: MlsRule | null): string[] {
  const { status, mlsId, overrideLevel } = facts;
  const { level, doubt } = judgeLevel(facts, rule ?? undefined);
  if (doubt !== null) return [DOUBTS[doubt](facts)];
  const ruled =
    mlsId === null || rule === null
      ? 'the home belongs to no MLS: no rule applies'
      : `the rule of ${mlsId} (version ${rule.ruleVersion}) shows ${status === 'active' ? 'homes for sale' : 'homes that are off the market'} to ${seenBy(status === 'active' ? rule.activeLevel : rule.offMarketLevel)}`;
  const sellers =
    overrideLevel === null
      ? 'the seller restricts nothing'
      : `the seller (or a deletion) restricts it to ${seenBy(overrideLevel)}`;
  return [ruled, sellers, `the stricter of both counts: ${seenBy(level)}`];
}

function whyRole(role: Role, decision: Decision): string {
  if (decision.kind === 'withheld') return 'so no role sees a value: withheld';
  if (decision.kind === 'allowed') return `so a viewer who is ${role} may see the value`;
  return `so a viewer who is ${role} gets no value, only that ${decision.requiredRole} is required: restricted`;
}

const ruleFor = ({ rules }: HomeEvidence, facts: Facts | null): MlsRule | null =>
  facts?.mlsId == null ? null : (rules.get(facts.mlsId) ?? null);

/** A hidden value must not be shown by this command even if only one of the two, cache or database, hides it. */
function mayShow({ cached, facts, rules }: HomeEvidence, role: Role): boolean {
  if (cached.value === null || facts === null) return false;
  return [facts, cached.value.facts].every((each) => decide(role, each, rules).kind === 'allowed');
}

function valueOf(value: CachedEstimate, bytes: number, fresh: Freshness, facts: Facts | null): ExplainedValue {
  return {
    writtenBy: value.class === 'w' ? 'a warm-up' : 'a request',
    bytes,
    facts: value.facts,
    estimateVersion: value.estimateVersion,
    acquiredAt: value.acquiredAt,
    softExpiryAt: value.softExpiryAt,
    hardExpiryAt: value.hardExpiryAt,
    verdict: fresh.verdict,
    factsHoldUntilAt: Number.isFinite(fresh.asOfAt) ? fresh.asOfAt : null,
    isSoftExpired: fresh.softExpired,
    isAsNewAsDatabase: facts !== null && value.facts.visibilityVersion >= facts.visibilityVersion,
  };
}

interface Judged {
  readonly status: ExplainedStatus;
  readonly why: readonly string[];
}

/** For a role that may see the home. */
const FACTS_ALONE: Judged = {
  status: 'not-cached',
  why: [
    'only its facts are cached, for those who may not see it: the next request asks the paid API, and answers what it says',
  ],
};

/** What estimate-api would do with what lies in the cache. */
function judgeCached(value: ExplainedValue | null, hasEstimate: boolean, facts: Facts): Judged {
  if (value === null)
    return {
      status: 'not-cached',
      why: ['nothing is cached: the next request asks the paid API, and answers what it says'],
    };
  const [cachedVersion, version] = [value.facts.visibilityVersion, facts.visibilityVersion];
  if (cachedVersion > version)
    return {
      status: 'unavailable',
      why: [
        `what is cached has facts of version ${cachedVersion}, the database only ${version}: was the database restored? Raise the key generation`,
      ],
    };
  if (value.verdict === 'check' && cachedVersion < version)
    return {
      status: 'not-cached',
      why: [
        `what is cached is older (facts of version ${cachedVersion}, the database has ${version}): it is checked before it is shown, and removed`,
      ],
    };
  const status = hasEstimate ? 'available' : 'none';
  const late =
    cachedVersion < version
      ? [
          `what is cached is older than the database (version ${cachedVersion}, there ${version}): the change is on its way`,
        ]
      : [];
  const checked =
    value.verdict === 'check' ? ['its facts are read again before it is shown: the feed is late, or they are old'] : [];
  return { status, why: [...(hasEstimate ? [] : ['there is no estimate of this home']), ...late, ...checked] };
}

function judge(
  evidence: HomeEvidence,
  role: Role,
  value: ExplainedValue | null,
): Judged & { requiredRole: Role | null } {
  const { facts, cached, rules } = evidence;
  if (facts === null) return { status: 'unknown', why: ['the database has no home of this id'], requiredRole: null };
  // While the feed is alive estimate-api judges by the facts in the value; else by those of the database.
  const deciding = value !== null && value.verdict !== 'check' ? value.facts : facts;
  const decision = decide(role, deciding, rules);
  const why = [...whyLevel(deciding, ruleFor(evidence, deciding)), whyRole(role, decision)];
  if (decision.kind === 'withheld') return { status: 'withheld', why, requiredRole: null };
  if (decision.kind === 'restricted') return { status: 'restricted', why, requiredRole: decision.requiredRole };
  const judged =
    cached.value?.isFactsOnly === true ? FACTS_ALONE : judgeCached(value, cached.value?.estimateJson != null, facts);
  return { ...judged, why: [...why, ...judged.why], requiredRole: null };
}

/** Up to here nobody pays for it: no viewer could be shown it. */
const isForNobody = (level: KnownLevel): boolean => level === 'nobody';

function refreshOf(evidence: HomeEvidence, value: ExplainedValue | null, policy: FreshnessPolicy): string[] {
  const { cached, facts, databaseNow, rules } = evidence;
  const { cacheNow, flight } = cached;
  const lease = flight?.lease ?? null;
  const fetching =
    lease !== null && lease.endsAt > cacheNow
      ? [`somebody fetches it now, at most ${seconds(lease.endsAt - cacheNow)} more`]
      : [];
  if (facts === null) return fetching;
  const rule = facts.mlsId === null ? undefined : rules.get(facts.mlsId);
  if (value === null)
    return isForNobody(judgeLevel(facts, rule).level)
      ? [...fetching, 'never: no viewer may see it, so nobody pays for it']
      : [...fetching, 'by the next request of a viewer who may see it, or a warm-up'];
  const factsTtlMs = value.facts.status === 'off_market' ? policy.factsTtlOffMarketMs : policy.factsTtlActiveMs;
  const checkMs = value.facts.checkedAt + factsTtlMs - databaseNow;
  const softMs = value.softExpiryAt - cacheNow;
  return [
    ...fetching,
    softMs <= 0
      ? 'the estimate: by the next request, which is answered with what is there'
      : `the estimate: by the first request in ${seconds(softMs)} or later, which is answered with what is there`,
    checkMs <= 0
      ? 'the facts: before the next answer'
      : `the facts: with the feed, within seconds of a change; without it at the latest in ${seconds(checkMs)}`,
    `it is gone in ${seconds(Math.max(0, value.hardExpiryAt - cacheNow))}`,
  ];
}

/**
 * Says what a viewer of this role is shown and why. Pure. Holds no value that this role may not see: neither from the facts
 * in the cache nor from those of the database.
 */
export function explainHome(evidence: HomeEvidence, role: Role, policy: FreshnessPolicy): HomeExplanation {
  const { propertyId, cached, mark, facts, databaseNow } = evidence;
  const { value, flight, cacheNow } = cached;
  const fresh = value && freshnessOf(value, { databaseNow, cacheNow, mark }, policy);
  const explained = value && fresh ? valueOf(value, cached.valueBytes, fresh, facts) : null;
  const { status, why, requiredRole } = judge(evidence, role, explained);
  const json =
    status === 'available' && mayShow(evidence, role) ? (value?.estimateJson?.toString('utf8') ?? null) : null;
  return {
    propertyId,
    role,
    bucket: bucketOf(propertyId),
    status,
    requiredRole,
    why,
    estimate: json === null ? null : (JSON.parse(json) as unknown),
    cached: explained,
    rejected: cached.rejected,
    flight: flight && {
      lease: flight.lease && {
        for: flight.lease.class === 'w' ? 'a warm-up' : 'a request',
        endsAt: flight.lease.endsAt,
      },
      factsFence: flight.factsFence,
      estimateFence: flight.estimateFence,
      expiresAt: flight.expiresAt,
    },
    facts,
    rule: ruleFor(evidence, facts),
    mark: mark && { watermarkAt: mark.watermarkAt, sinceAt: mark.sinceAt },
    refresh: refreshOf(evidence, explained, policy),
    databaseNow,
    cacheNow,
  };
}
