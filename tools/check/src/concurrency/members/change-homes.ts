import type { Facts } from '@porchlight/contracts';
import { connectCatalogWriter } from '@porchlight/property-catalog';
import { monotonicNow } from '../../processes/monotonic-now.ts';
import type { CacheDesign } from '../designs/design.ts';
import type { RecordWriter } from '@porchlight/peer-caches';
import type { ChangeRecord } from '@porchlight/peer-caches';
import { propertyIdOf, type LoadOptions } from './load-protocol.ts';
import { revalue, withdraw } from './upstream-admin.ts';

const FACTS_A_SECOND = 80;
const ESTIMATES_A_SECOND = 40;
const EVICTIONS_A_SECOND = 10;
/** Loops that change facts side by side, each homes of its own: so each knows the version that it made. */
const WRITERS = 8;
const WITHDRAWN_SHARE = 0.1;

/** How long a change is under way to the invalidator; a few are held back for longer than any check waits. */
const FEED_LAG_MS_MAX = 50;
const HELD_BACK_SHARE = 0.005;
const HELD_BACK_MS = 9_000;
/** Change topics come at least once. */
const REPLAY_SHARE = 0.05;
const REPLAY_AFTER_MS_MAX = 300;

const SECOND_MS = 1_000;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface ChangeParts {
  readonly options: LoadOptions;
  readonly design: CacheDesign;
  readonly records: RecordWriter;
  /** Facts of every home before anything changes. */
  readonly facts: ReadonlyMap<string, Facts>;
  readonly count: (error: unknown) => void;
}

/** Changes homes in the property database and upstream, and is the invalidator that hears of it later, twice at times. */
export class Changer {
  readonly #parts: ChangeParts;
  readonly #writer: ReturnType<typeof connectCatalogWriter>;
  readonly #factsVersions: number[];
  readonly #isActive: boolean[];
  /** 0: withdrawn. */
  readonly #estimates: number[];
  /** The last delivery of each home and topic: one after another, as in a partition. */
  readonly #feeds = new Map<string, Promise<void>>();
  #endsAt = 0;

  constructor(parts: ChangeParts) {
    const { options, facts } = parts;
    this.#parts = parts;
    this.#writer = connectCatalogWriter({ databaseUrl: options.databaseUrl, poolMax: WRITERS });
    const homes = Array.from({ length: options.homes }, (_, home) => facts.get(propertyIdOf(options, home)));
    this.#factsVersions = homes.map((each) => each?.visibilityVersion ?? 0);
    this.#isActive = homes.map((each) => each?.status === 'active');
    this.#estimates = homes.map(() => 1);
  }

  /** Resolves when its time is over and everything that it changed has been delivered. */
  async run(): Promise<void> {
    this.#endsAt = monotonicNow() + this.#parts.options.seconds * SECOND_MS;
    const loops = [
      ...Array.from({ length: WRITERS }, (_, writer) =>
        this.#repeat(FACTS_A_SECOND / WRITERS, () => this.#changeFacts(this.#pick(writer, WRITERS))),
      ),
      this.#repeat(ESTIMATES_A_SECOND, () => this.#changeEstimate(this.#pick(0, 1))),
      this.#repeat(EVICTIONS_A_SECOND, () => this.#evict(this.#pick(0, 1))),
    ];
    await Promise.all(loops);
    await Promise.all(this.#feeds.values());
  }

  /** Writes down what is stored of every home beside what its sources say. */
  async look(): Promise<void> {
    const { options, design, records } = this.#parts;
    const homes = this.#factsVersions.map((_, home) => home);
    const stored = await design.peek?.(homes.map((home) => propertyIdOf(options, home)));
    for (const [home, seen] of (stored ?? []).entries()) {
      if (seen === null) continue;
      const truth = { trueFacts: this.#factsVersions[home] ?? 0, trueEstimate: this.#estimates[home] ?? 0 };
      records.write({ kind: 'F', home, facts: seen.facts, estimate: seen.estimate, ...truth });
    }
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  async #repeat(timesASecond: number, act: () => Promise<void>): Promise<void> {
    while (monotonicNow() < this.#endsAt) {
      await wait((2 * Math.random() * SECOND_MS) / timesASecond);
      await act().catch(this.#parts.count);
    }
  }

  /** A home of one writer's share; low numbers more often, as readers do. */
  #pick(share: number, shares: number): number {
    const among = Math.floor(this.#factsVersions.length / shares);
    return Math.floor(among * Math.random() ** 2) * shares + share;
  }

  async #changeFacts(home: number): Promise<void> {
    const { options, records, design } = this.#parts;
    const propertyId = propertyIdOf(options, home);
    const isActive = !(this.#isActive[home] ?? false);
    const version = (this.#factsVersions[home] ?? 0) + 1;
    const began = monotonicNow();
    await this.#writer.setStatus(propertyId, isActive ? 'active' : 'off_market');
    this.#isActive[home] = isActive;
    this.#factsVersions[home] = version;
    records.write({ kind: 'C', home, began, ended: monotonicNow(), version, removed: false });
    this.#deliver('facts', home, async () => {
      const applied = monotonicNow();
      const outcome = await design.factsChanged(propertyId, version);
      return { kind: 'I', home, began: applied, ended: monotonicNow(), version, removed: outcome !== 'kept' };
    });
  }

  async #changeEstimate(home: number): Promise<void> {
    const { options, design } = this.#parts;
    const propertyId = propertyIdOf(options, home);
    const act = Math.random() < WITHDRAWN_SHARE ? withdraw : revalue;
    const appraised = await act(options.upstreamUrl, propertyId);
    if (appraised === null) return;
    const { estimateVersion: version, estimate } = appraised;
    this.#estimates[home] = estimate === null ? 0 : version;
    this.#deliver('estimate', home, async () => {
      const applied = monotonicNow();
      await design.estimateChanged(propertyId, version, estimate);
      return { kind: 'U', home, began: applied, ended: monotonicNow(), version, removed: false };
    });
  }

  /** After what came before it in its topic, and not at once; sometimes again. */
  #deliver(topic: string, home: number, apply: () => Promise<ChangeRecord>): void {
    const { records, count } = this.#parts;
    const key = `${topic} ${home}`;
    const isHeldBack = Math.random() < HELD_BACK_SHARE;
    const lagMs = isHeldBack ? HELD_BACK_MS : Math.random() * FEED_LAG_MS_MAX;
    const deliver = async (before: Promise<void>): Promise<void> => {
      await Promise.all([before, wait(lagMs)]);
      records.write(await apply());
      if (Math.random() >= REPLAY_SHARE) return;
      await wait(Math.random() * REPLAY_AFTER_MS_MAX);
      records.write(await apply());
    };
    this.#feeds.set(key, deliver(this.#feeds.get(key) ?? Promise.resolve()).catch(count));
  }

  async #evict(home: number): Promise<void> {
    const { options, design, records } = this.#parts;
    if (design.evict === undefined) return;
    const began = monotonicNow();
    await design.evict(propertyIdOf(options, home), Math.random() < 0.5 ? 'value' : 'flight');
    records.write({ kind: 'X', home, began, ended: monotonicNow() });
  }
}
