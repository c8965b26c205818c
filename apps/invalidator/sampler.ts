import type { Facts } from '@porchlight/contracts';
import type { CachedEstimate, EstimateCache } from '@porchlight/estimate-cache';
import type { PropertyCatalog } from '@porchlight/property-catalog';
import type { Clock, Timer } from '@porchlight/stream';
import { compareSample, type Inconsistency } from './compare-sample.ts';
import type { AppliedChange } from './invalidator.task.ts';
import { SampleReservoir } from './sample-reservoir.ts';

/** When a sampled change is looked at again, after it was applied: each is followed for ten minutes. */
export const sampleAges = [
  { age: '1s', ms: 1_000 },
  { age: '10s', ms: 10_000 },
  { age: '1m', ms: 60_000 },
  { age: '10m', ms: 600_000 },
] as const;
export type SampleAge = (typeof sampleAges)[number]['age'];

/** From one round to the next. */
export const SAMPLE_EVERY_MS = 1_000;
/** Changes that are taken into the sample in a round: with rounds of a second 3,000 are followed at once, and 25 homes are read a second. */
export const SAMPLES_PER_ROUND_MAX = 5;
/** A value that is older than the primary is looked at again after so long: a change takes effect in 2 s while the feed runs. */
export const SETTLE_MS = 2_000;

export interface SamplerReport {
  /** One look at one home. `unread`: Redis or PostgreSQL did not answer, and the look is not made up for. */
  sampled(age: SampleAge, outcome: 'consistent' | 'absent' | 'inconsistent' | 'unread'): void;
  inconsistent(age: SampleAge, kind: Inconsistency, change: AppliedChange, found: FoundVersions): void;
}

/** The versions in the value; nothing of it that could be shown to anybody. */
export interface FoundVersions {
  readonly visibilityVersion: number;
  readonly estimateVersion: number | null;
}

export interface SamplerPorts {
  readonly cache: Pick<EstimateCache, 'read'>;
  readonly catalog: Pick<PropertyCatalog, 'factsOf'>;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly report: SamplerReport;
}

interface Look {
  readonly change: AppliedChange;
  readonly age: SampleAge;
  readonly dueAt: number;
  /** What the primary said when the value was found older: now it must be reached. */
  readonly mustHave?: number;
}

interface Seen {
  readonly value: CachedEstimate | null;
  readonly truth: Facts | undefined;
}

/**
 * Looks again at homes whose change was applied, from outside the protocol: does Redis hold what the primary says?
 *
 * In    each applied change (`note`), of which a few a round are drawn; `round` once a second
 * Out   counts, and an error for a value below its fence
 * Loss  what is followed is in memory: a restart forgets it
 */
export class ConsistencySampler {
  readonly #ports: SamplerPorts;
  readonly #drawn: SampleReservoir<AppliedChange & { readonly appliedAt: number }>;
  /** One queue for each age, and one for second looks: each is in order of time by itself. */
  readonly #queues: Look[][] = [...sampleAges.map((): Look[] => []), []];

  constructor(ports: SamplerPorts) {
    this.#ports = ports;
    this.#drawn = new SampleReservoir(SAMPLES_PER_ROUND_MAX, ports.random);
  }

  /** Cheap: it runs for every change. */
  note(change: AppliedChange): void {
    this.#drawn.offer({ ...change, appliedAt: this.#ports.clock.now() });
  }

  /** Looks that are still to come. */
  pending(): number {
    return this.#queues.reduce((sum, queue) => sum + queue.length, 0);
  }

  /** Takes in what was drawn, and looks at what is due. Never rejects. */
  async round(): Promise<void> {
    for (const change of this.#drawn.take()) this.#follow(change);
    const due = this.#queues.flatMap((queue) => this.#takeDue(queue));
    if (due.length === 0) return;
    const seen = await this.#see(due.map(({ change }) => change.propertyId)).catch(() => null);
    for (const look of due) this.#judge(look, seen?.get(look.change.propertyId));
  }

  /** Rounds, one after the other. @returns ends them, after the one that runs */
  start(everyMs: number): { stop(): Promise<void> } {
    const { clock } = this.#ports;
    let timer: Timer;
    let running = Promise.resolve();
    const next = (): void => {
      timer = clock.after(everyMs, () => {
        running = this.round().then(next);
      });
    };
    next();
    return {
      async stop() {
        timer.cancel();
        await running;
        timer.cancel();
      },
    };
  }

  #follow({ appliedAt, ...change }: AppliedChange & { readonly appliedAt: number }): void {
    sampleAges.forEach(({ age, ms }, at) => this.#queues[at]?.push({ change, age, dueAt: appliedAt + ms }));
  }

  #takeDue(queue: Look[]): Look[] {
    const now = this.#ports.clock.now();
    const waiting = queue.findIndex(({ dueAt }) => dueAt > now);
    return queue.splice(0, waiting === -1 ? queue.length : waiting);
  }

  /** The cache first: what the primary says after it can only be newer. */
  async #see(propertyIds: readonly string[]): Promise<Map<string, Seen>> {
    const ids = [...new Set(propertyIds)];
    const values = await this.#ports.cache.read(ids);
    const truths = await this.#ports.catalog.factsOf(ids);
    return new Map(ids.map((id, at) => [id, { value: values[at] ?? null, truth: truths.get(id) }]));
  }

  #judge(look: Look, seen: Seen | undefined): void {
    const { change, age, mustHave } = look;
    const { report } = this.#ports;
    if (seen === undefined) return report.sampled(age, 'unread');
    const { value, truth } = seen;
    const verdict = compareSample(change, value, truth);
    if (verdict === 'absent' || verdict === 'consistent' || value === null) {
      return report.sampled(age, verdict === 'absent' ? 'absent' : 'consistent');
    }
    if (verdict !== 'older') return this.#tell(look, verdict, value);
    if (mustHave === undefined) return this.#lookAgain(look, truth);
    if (value.facts.visibilityVersion < mustHave) return this.#tell(look, 'behind', value);
    report.sampled(age, 'consistent');
  }

  #lookAgain(look: Look, truth: Facts | undefined): void {
    const dueAt = this.#ports.clock.now() + SETTLE_MS;
    this.#queues.at(-1)?.push({ ...look, dueAt, mustHave: truth?.visibilityVersion ?? 0 });
  }

  #tell({ change, age }: Look, kind: Inconsistency, { facts, estimateVersion }: CachedEstimate): void {
    this.#ports.report.sampled(age, 'inconsistent');
    this.#ports.report.inconsistent(age, kind, change, {
      visibilityVersion: facts.visibilityVersion,
      estimateVersion,
    });
  }
}
