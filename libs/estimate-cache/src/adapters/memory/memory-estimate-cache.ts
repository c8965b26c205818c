import { cachedEstimateOf } from '../../cached-estimate.ts';
import { createCacheConfig, type CacheConfig } from '../../cache-config.ts';
import type { Clock } from '../../clock.ts';
import { CachePartlyUnavailable, CacheUnavailable } from '../../errors.ts';
import { checkVersion, fillCommandOf, touchCommandOf, updateCommandOf } from '../../checked-commands.ts';
import { parseValue, type OnRejected, type RejectedReason } from '../../format.ts';
import { emptyHome, settle, type HomeState, type Step } from '../../home-state.ts';
import { keysOf } from '../../keys.ts';
import { randomNonce } from '../../nonce.ts';
import { partialAnswers } from '../../partial-answers.ts';
import type { CachedEstimate, EstimateCache, FillAnswer } from '../../port.ts';
import { acquire } from '../../transitions/acquire.ts';
import { fill, type FillStepAnswer } from '../../transitions/fill.ts';
import { forget } from '../../transitions/forget.ts';
import { invalidate } from '../../transitions/invalidate.ts';
import { drawTtls } from '../../transitions/lifetime.ts';
import { recheck } from '../../transitions/recheck.ts';
import { release } from '../../transitions/release.ts';
import { touch } from '../../transitions/touch.ts';
import { update } from '../../transitions/update.ts';

/** Faults on demand; a test changes them while it runs. */
export interface CacheFaults {
  /** Every method answers CACHE_UNAVAILABLE, and nothing happens. */
  unavailable: boolean;
  /** The next commands happen, but their answers are lost: CACHE_UNAVAILABLE after the effect. */
  losesAnswers: boolean;
  /** Homes of a node that does not answer: a read misses them, every other method is CACHE_UNAVAILABLE for them alone. */
  lostHomes: ReadonlySet<string>;
}

export interface MemoryEstimateCacheOptions {
  readonly clock: Clock;
  readonly config?: Partial<CacheConfig>;
  /** Uniform in [0, 1); cuts TTLs. Default: none is cut. */
  readonly random?: () => number;
  readonly drawEpoch?: () => string;
  readonly onRejected?: OnRejected;
}

/** A cache in memory: a map, a clock and the transition functions that the model checker searches. */
export interface MemoryEstimateCache extends EstimateCache {
  readonly faults: CacheFaults;
  /** What is held of a home now. */
  stateOf(propertyId: string): HomeState;
  /** What Redis does when memory is short. */
  evict(propertyId: string, key: 'value' | 'flight'): void;
  /** Puts a string into `:v` as somebody else would. */
  plant(propertyId: string, bytes: Buffer | string): void;
}

/** A planted string is kept beside the state, so that a reader can say why it is unreadable. */
type RejectedOf = Map<string, RejectedReason>;

class HomeStore {
  readonly #homes = new Map<string, HomeState>();
  readonly #rejected: RejectedOf = new Map();
  readonly #clock: Clock;
  readonly #keyGeneration: string;

  constructor(clock: Clock, keyGeneration: string) {
    this.#clock = clock;
    this.#keyGeneration = keyGeneration;
  }

  /** Refuses the ids that Redis keys would, before anything happens. */
  checkIds(homes: readonly (string | { readonly propertyId: string })[]): void {
    for (const home of homes) keysOf(typeof home === 'string' ? home : home.propertyId, this.#keyGeneration);
  }

  stateOf(propertyId: string): HomeState {
    const state = settle(this.#homes.get(propertyId) ?? emptyHome, this.#clock.now());
    this.put(propertyId, state); // what has expired stays gone, also if the clock steps back
    return state;
  }

  apply<A>(propertyId: string, transition: (state: HomeState, now: number) => Step<A>): A {
    const { state, answer } = transition(this.stateOf(propertyId), this.#clock.now());
    this.put(propertyId, state);
    return answer;
  }

  put(propertyId: string, state: HomeState): void {
    if (state.value === null && state.flight === null) this.#homes.delete(propertyId);
    else this.#homes.set(propertyId, state);
  }

  plant(propertyId: string, bytes: Buffer): void {
    const parsed = parseValue(bytes);
    const { flight } = this.stateOf(propertyId);
    if ('rejected' in parsed) this.#rejected.set(propertyId, parsed.rejected);
    const value =
      'rejected' in parsed ? 'unreadable' : { ...parsed.head, estimateJson: parsed.json?.toString('latin1') ?? null };
    this.put(propertyId, { value, flight });
  }

  rejectedOf(propertyId: string): RejectedReason {
    return this.#rejected.get(propertyId) ?? 'foreign';
  }
}

const readHome = (store: HomeStore, propertyId: string, onRejected: OnRejected): CachedEstimate | null => {
  const { value, flight } = store.stateOf(propertyId);
  if (value === null) return null;
  if (value === 'unreadable') {
    onRejected(store.rejectedOf(propertyId));
    store.put(propertyId, { value: null, flight });
    return null;
  }
  return cachedEstimateOf(propertyId, value);
};

const fillAnswerOf = (propertyId: string, answer: FillStepAnswer): FillAnswer => {
  if (!('stored' in answer)) return answer;
  return { outcome: answer.outcome, stored: cachedEstimateOf(propertyId, answer.stored) };
};

/** Each method runs at once and answers later, as a server would; faults come before or after the effect. */
const withFaults = (faults: CacheFaults, store: HomeStore) =>
  async function run<R extends string | { readonly propertyId: string }, T>(
    requests: readonly R[],
    effect: (requests: readonly R[]) => T,
  ): Promise<T> {
    store.checkIds(requests);
    const reached = requests.filter((each) => !faults.lostHomes.has(typeof each === 'string' ? each : each.propertyId));
    const isDown = faults.unavailable || (reached.length === 0 && requests.length > 0);
    if (isDown) throw new CacheUnavailable('told to be unavailable');
    const answer = effect(reached);
    if (faults.losesAnswers) throw new CacheUnavailable('told to lose answers');
    if (reached.length < requests.length) throw partlyUnavailable(requests, reached, answer);
    return answer;
  };

/** The answers of those that were reached, in their places. */
function partlyUnavailable<R>(requests: readonly R[], reached: readonly R[], answer: unknown): CachePartlyUnavailable {
  const answers = new Map(reached.map((each, i) => [each, Array.isArray(answer) ? (answer[i] as unknown) : undefined]));
  return new CachePartlyUnavailable(
    requests.map((each) => (answers.has(each) ? answers.get(each) : null)),
    new CacheUnavailable('told to have lost a node'),
  );
}

type Run = ReturnType<typeof withFaults>;

/** A home that cannot be read is a miss. */
const readReached = async (
  propertyIds: readonly string[],
  read: Promise<(CachedEstimate | null)[]>,
): Promise<(CachedEstimate | null)[]> => {
  const answers = await partialAnswers(read);
  return propertyIds.map((_, i) => answers[i] ?? null);
};

const readingMethods = (store: HomeStore, run: Run, clock: Clock, onRejected: OnRejected) => {
  const methods: Pick<EstimateCache, 'read' | 'recheck'> = {
    read: (propertyIds) =>
      readReached(
        propertyIds,
        run(propertyIds, (reached) => reached.map((propertyId) => readHome(store, propertyId, onRejected))),
      ),
    recheck: (requests) =>
      run(requests, (reached) =>
        reached.map(({ propertyId, ...command }) => recheck(store.stateOf(propertyId), command, clock.now())),
      ),
  };
  return methods;
};

const fetchingMethods = (
  store: HomeStore,
  run: Run,
  config: CacheConfig,
  draws: { random: () => number; drawEpoch: () => string },
) => {
  const methods: Pick<EstimateCache, 'acquire' | 'fill' | 'release' | 'forget'> = {
    acquire: (requests, leaseClass) =>
      run(requests, (reached) =>
        reached.map(({ propertyId, nonce, seenSoftExpiryAt = null }) => {
          const command = { class: leaseClass, nonce, newEpoch: draws.drawEpoch(), seenSoftExpiryAt };
          return store.apply(propertyId, (state, now) => acquire(state, command, now, config));
        }),
      ),
    fill: (requests) =>
      run(requests, (reached) => {
        const commands = reached.map((each) => fillCommandOf(each, drawTtls(config, draws.random()), config));
        return commands.map((command, i) => {
          const propertyId = reached[i]?.propertyId ?? '';
          return fillAnswerOf(
            propertyId,
            store.apply(propertyId, (state, now) => fill(state, command, now, config)),
          );
        });
      }),
    release: (leases) =>
      run(leases, (reached) => {
        for (const { propertyId, ...command } of reached) {
          store.apply(propertyId, (state, now) => release(state, command, now, config));
        }
      }),
    forget: (flights) =>
      run(flights, (reached) => {
        for (const { propertyId, ...command } of reached) {
          store.apply(propertyId, (state, now) => forget(state, command, now));
        }
      }),
  };
  return methods;
};

const changingMethods = (store: HomeStore, run: Run, config: CacheConfig, drawEpoch: () => string) => {
  const methods: Pick<EstimateCache, 'invalidate' | 'update' | 'touch'> = {
    invalidate: (changes) =>
      run(changes, (reached) => {
        for (const each of reached) checkVersion(each.propertyId, each.visibilityVersion);
        return reached.map(({ propertyId, visibilityVersion }) => {
          const command = { visibilityVersion, newEpoch: drawEpoch() };
          return store.apply(propertyId, (state, now) => invalidate(state, command, now, config));
        });
      }),
    update: (changes) =>
      run(changes, (reached) => {
        const commands = reached.map((each) => updateCommandOf(each, config));
        return commands.map((command, i) =>
          store.apply(reached[i]?.propertyId ?? '', (state, now) => update(state, command, now, config)),
        );
      }),
    touch: (checks) =>
      run(checks, (reached) => {
        const commands = reached.map(touchCommandOf);
        return commands.map((command, i) =>
          store.apply(reached[i]?.propertyId ?? '', (state, now) => touch(state, command, now)),
        );
      }),
  };
  return methods;
};

/** The cache for tests of apps and for the model checker: the same answers as Redis, by the same functions. */
export function memoryEstimateCache(options: MemoryEstimateCacheOptions): MemoryEstimateCache {
  const { clock, random = () => 0, drawEpoch = randomNonce, onRejected = () => {} } = options;
  const config = createCacheConfig(options.config);
  const store = new HomeStore(clock, config.keyGeneration);
  const faults: CacheFaults = { unavailable: false, losesAnswers: false, lostHomes: new Set() };
  const run = withFaults(faults, store);
  return {
    ...readingMethods(store, run, clock, onRejected),
    ...fetchingMethods(store, run, config, { random, drawEpoch }),
    ...changingMethods(store, run, config, drawEpoch),
    faults,
    stateOf: (propertyId) => store.stateOf(propertyId),
    evict: (propertyId, key) => store.put(propertyId, { ...store.stateOf(propertyId), [key]: null }),
    plant: (propertyId, bytes) => store.plant(propertyId, Buffer.from(bytes)),
  };
}
