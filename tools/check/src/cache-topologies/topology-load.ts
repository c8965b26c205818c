import { setTimeout as delay } from 'node:timers/promises';
import { partialAnswers, randomNonce, type EstimateCache } from '@porchlight/estimate-cache';
import { estimateOf, factsOf } from '@porchlight/estimate-cache/testing/histories';

/** What a load saw. */
export interface LoadReport {
  /** Homes that were read, and those of them that were there. */
  read: number;
  served: number;
  /** Acknowledged. */
  filled: number;
  invalidated: number;
  /** Commands on one home that got no answer; a read that finds nothing is a miss and not counted here. */
  unanswered: number;
  /** What must never be: an older value than an acknowledged change, another error than CACHE_UNAVAILABLE. */
  readonly violations: string[];
}

export interface LoadOptions {
  readonly cache: EstimateCache;
  readonly propertyIds: readonly string[];
  /** Acknowledged writes may be lost (a failover): then an old value is no violation. */
  readonly mayForget: boolean;
}

const READ_HOMES = 50;
const FETCH_HOMES = 10;
const CHANGE_HOMES = 5;
/** Between two rounds of one worker: a fault is to be met by many calls, not by a busy machine. */
const PAUSE_MS = 5;

const drawFrom = <T>(items: readonly T[], count: number): T[] => {
  const from = Math.floor(Math.random() * items.length);
  return Array.from({ length: count }, (_, i) => items[(from + i * 7) % items.length]).filter(
    (each) => each !== undefined,
  );
};

const isUnavailable = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'CACHE_UNAVAILABLE';

/** Readers, fetchers and changes of many homes at once; what is read is held against what was acknowledged before. */
export class TopologyLoad {
  readonly report: LoadReport = { read: 0, served: 0, filled: 0, invalidated: 0, unanswered: 0, violations: [] };
  readonly #options: LoadOptions;
  /** What the database says, and what the cache has acknowledged of it. */
  readonly #committed = new Map<string, number>();
  readonly #acknowledged = new Map<string, number>();

  constructor(options: LoadOptions) {
    this.#options = options;
    for (const propertyId of options.propertyIds) this.#committed.set(propertyId, 1);
  }

  /** Goes on until told to stop. */
  async run(signal: AbortSignal): Promise<void> {
    const workers = [
      () => this.readRound(),
      () => this.#fetchRound(),
      () => this.#fetchRound(),
      () => this.changeRound(),
    ];
    await Promise.all(
      workers.map(async (round) => {
        while (!signal.aborted) {
          await round();
          await delay(PAUSE_MS);
        }
      }),
    );
  }

  /** @returns for each of the homes asked for: is it there? */
  async readRound(ids: readonly string[] = drawFrom(this.#options.propertyIds, READ_HOMES)): Promise<boolean[]> {
    const before = ids.map((id) => this.#acknowledged.get(id) ?? 0);
    const values = await this.#ask(ids, this.#options.cache.read(ids), 'read');
    values.forEach((value, i) => {
      this.report.read += 1;
      if (value === null || value instanceof Error) return;
      this.report.served += 1;
      if (value.propertyId !== ids[i]) this.#violate(`${ids[i]} was answered by ${value.propertyId}`);
      const version = value.facts.visibilityVersion;
      const least = before[i] ?? 0;
      if (version < least && !this.#options.mayForget)
        this.#violate(`${ids[i]}: ${version} after ${least} was acknowledged`);
    });
    return values.map((value) => value !== null);
  }

  /** Fetches what is not there: ticket, then facts, then fill. @returns the outcome of each lease; null: no answer */
  async fetch(ids: readonly string[]): Promise<(string | null)[]> {
    const { cache } = this.#options;
    const nonces = ids.map(() => randomNonce());
    const asked = ids.map((propertyId, i) => ({ propertyId, nonce: nonces[i] ?? '' }));
    const answers = await this.#ask(ids, cache.acquire(asked, 's'));
    const wins = answers.flatMap((answer, i) => {
      const propertyId = ids[i] ?? '';
      if (answer?.outcome !== 'win') return [];
      const version = this.#committed.get(propertyId) ?? 1; // after the ticket
      const facts = factsOf(version);
      return [{ propertyId, class: 's' as const, ticket: answer.ticket, facts, estimate: estimateOf(version) }];
    });
    const fills = wins.length === 0 ? [] : await this.#ask(wins, cache.fill(wins));
    this.report.filled += fills.filter((fill) => fill?.outcome === 'ok').length;
    return answers.map((answer) => answer?.outcome ?? null);
  }

  async #fetchRound(): Promise<void> {
    await this.fetch(drawFrom(this.#options.propertyIds, FETCH_HOMES));
  }

  /** Commits a change of each of these homes, and invalidates them. */
  async changeRound(ids: readonly string[] = drawFrom(this.#options.propertyIds, CHANGE_HOMES)): Promise<void> {
    const changes = ids.map((propertyId) => {
      const visibilityVersion = (this.#committed.get(propertyId) ?? 1) + 1;
      this.#committed.set(propertyId, visibilityVersion);
      return { propertyId, visibilityVersion };
    });
    const outcomes = await this.#ask(changes, this.#options.cache.invalidate(changes));
    changes.forEach(({ propertyId, visibilityVersion }, i) => {
      if (outcomes[i] === null) return;
      this.report.invalidated += 1;
      this.#acknowledged.set(propertyId, Math.max(visibilityVersion, this.#acknowledged.get(propertyId) ?? 0));
    });
  }

  /** Answers by home; null where there is none. */
  async #ask<T>(homes: readonly unknown[], batch: Promise<readonly T[]>, how?: 'read'): Promise<readonly (T | null)[]> {
    try {
      const answers = await partialAnswers(batch);
      const errors = answers.filter((answer) => answer instanceof Error);
      if (errors.length > 0) this.#violate(`an Error object as an answer: ${String(errors[0])}`);
      if (answers.length !== homes.length) this.#violate(`${answers.length} answers for ${homes.length} homes`);
      if (how !== 'read') this.report.unanswered += answers.filter((answer) => answer === null).length;
      return answers;
    } catch (error) {
      if (!isUnavailable(error)) this.#violate(String(error));
      this.report.unanswered += homes.length;
      return homes.map(() => null);
    }
  }

  #violate(what: string): void {
    this.report.violations.push(what);
  }
}
