import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RawRecord, Topic } from '../port.ts';
import { runLoopDefaults } from '../settings.ts';
import { bareRunLoop } from '../testing/bare-run-loop.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { failing, reading } from '../testing/test-bed.ts';
import type { RunLoop } from './run-loop.ts';

const input: Topic<number> = { name: 'in' };
const at = { topic: 'in', partition: 0 };

/** What happens next: one of the records that run ends, or finds its dependency down, or the partition is assigned anew. */
type Step = { readonly kind: 'end' | 'fail'; readonly which: number } | { readonly kind: 'reassign' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('fail' as const), which: fc.nat(9) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'reassign' as const }) },
  ),
  { maxLength: 60 },
);

const scenarios = fc.record({
  /** Keys by offset; null: a record without one. */
  keys: fc.array(fc.option(fc.constantFrom<string[]>('a', 'b', 'c'), { freq: 6 }), { minLength: 1, maxLength: 24 }),
  concurrentRecordsMax: fc.integer({ min: 1, max: 6 }),
  spanRecordsMax: fc.integer({ min: 2, max: 40 }),
  steps,
});
type Scenario = typeof scenarios extends fc.Arbitrary<infer S> ? S : never;

interface Running {
  readonly offset: number;
  end(error?: Error): void;
}

/** One partition whose records end when they are told to. Throws at the first step that breaks a promise. */
class Scene {
  readonly #scenario: Scenario;
  readonly #clock = new ManualClock();
  readonly #runLoop: RunLoop;
  readonly running: Running[] = [];
  readonly done = new Set<number>();
  /** The newest offset begun of each key, in this assignment. */
  #newest = new Map<string, number>();
  #position = 0;
  #isPaused = false;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const { concurrentRecordsMax, spanRecordsMax } = scenario;
    const definition = reading(input, () => ({ process: ({ value }) => this.#process(value) }), {
      order: { concurrentRecordsMax, keyOrder: 'kept' },
    });
    this.#runLoop = bareRunLoop([definition], {
      clock: this.#clock,
      settings: { spanRecordsMax, queueRecordsMax: 20 },
      client: { pause: () => (this.#isPaused = true), resume: () => (this.#isPaused = false) },
    });
    this.#runLoop.assign([at]);
  }

  /** Lets all happen that can, and compares it with what was promised. */
  async settle(): Promise<void> {
    this.#deliver();
    await this.#clock.advance(0);
    this.#deliver();
    await this.#clock.advance(0);
    this.#check();
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'reassign') this.#reassign();
    else if (this.running.length > 0) {
      const [ended] = this.running.splice(step.which % this.running.length, 1);
      ended?.end(step.kind === 'fail' ? failing('retry', 'REDIS_DOWN') : undefined);
    }
    await this.settle();
  }

  /** Back-offs pass, and what runs ends, until everything is done. */
  async finish(): Promise<void> {
    for (let round = 0; this.done.size < this.#scenario.keys.length; round += 1) {
      if (round > 200) throw new Error(`lost: only ${[...this.done].join()} of ${this.#scenario.keys.length}`);
      await this.#clock.advance(runLoopDefaults.retryMostMs);
      await this.take({ kind: 'end', which: 0 });
    }
    for (const each of this.running.splice(0)) each.end();
    await this.#runLoop.stop();
  }

  #process(offset: number): Promise<void> {
    const key = this.#scenario.keys[offset] ?? null;
    if (key !== null) {
      const busy = this.running.find((other) => this.#scenario.keys[other.offset] === key);
      if (busy !== undefined) throw new Error(`${offset} began beside ${busy.offset} of the same key`);
      if ((this.#newest.get(key) ?? -1) > offset) throw new Error(`${offset} began after a newer one of its key`);
      this.#newest.set(key, offset);
    }
    return new Promise((resolve, reject) => {
      const newest = this.#newest;
      this.running.push({
        offset,
        end: (error) => {
          if (error !== undefined) return reject(error);
          if (newest === this.#newest) this.done.add(offset); // under an older lease it counts for nothing
          resolve();
        },
      });
    });
  }

  #deliver(): void {
    while (!this.#isPaused && this.#position < this.#scenario.keys.length) {
      const records = this.#scenario.keys.slice(this.#position, this.#position + 4).map((key, n) => this.#raw(key, n));
      const taken = this.#runLoop.deliver(this.#runLoop.epoch, at, records, BigInt(this.#scenario.keys.length));
      if (taken === null) return;
      this.#position = Number(taken.last) + 1;
    }
  }

  #raw(key: string | null, n: number): RawRecord {
    const offset = this.#position + n;
    const value = Buffer.from(String(offset));
    return {
      ...at,
      offset: BigInt(offset),
      key: key === null ? null : Buffer.from(key),
      value,
      headers: {},
      timestamp: 0,
    };
  }

  /** The group starts again at the watermark; what ran under the old lease ends first, for nothing. */
  #reassign(): void {
    this.#position = Number(this.#runLoop.partitions()[0]?.nextOffset ?? 0n);
    this.#newest = new Map();
    for (const offset of this.done) if (offset >= this.#position) this.done.delete(offset);
    this.#runLoop.assign([at]);
    for (const each of this.running.splice(0)) each.end();
  }

  #check(): void {
    const [state] = this.#runLoop.partitions();
    const { concurrentRecordsMax, keys } = this.#scenario;
    if (this.running.length > concurrentRecordsMax) throw new Error(`${this.running.length} at once`);
    const contiguous = keys.findIndex((_, offset) => !this.done.has(offset));
    const expected = contiguous === -1 ? keys.length : contiguous;
    if (state?.nextOffset !== null && Number(state?.nextOffset) !== expected)
      throw new Error(`watermark ${state?.nextOffset}, and everything below ${expected} is done`);
  }
}

test('whatever ends first, keys stay in order, the watermark is contiguous, and nothing is lost', async () => {
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      const scene = new Scene(scenario);
      await scene.settle();
      for (const step of scenario.steps) await scene.take(step);
      await scene.finish();
      expect(scene.done.size).toBe(scenario.keys.length);
    }),
    { numRuns: 150 },
  );
}, 60_000);

test('different keys run side by side, past a key that is busy', async () => {
  const keys = ['a', 'a', 'a', 'b', null, 'c'];
  const scene = new Scene({ keys, concurrentRecordsMax: 4, spanRecordsMax: 40, steps: [] });
  await scene.settle();
  expect(scene.running.map(({ offset }) => offset)).toEqual([0, 3, 4, 5]);
  await scene.take({ kind: 'end', which: 0 });
  expect(scene.running.map(({ offset }) => offset)).toEqual([3, 4, 5, 1]);
  await scene.finish();
});

test('one busy key looks ahead no further than the span, and goes on to its end', async () => {
  const keys = [...Array.from({ length: 20 }, () => 'a'), 'b'];
  const scene = new Scene({ keys, concurrentRecordsMax: 4, spanRecordsMax: 6, steps: [] });
  await scene.settle();
  expect(scene.running.map(({ offset }) => offset)).toEqual([0]);
  for (let n = 0; n < 15; n += 1) await scene.take({ kind: 'end', which: 0 });
  expect(scene.running.map(({ offset }) => offset)).toEqual([15, 20]);
  await scene.finish();
});
