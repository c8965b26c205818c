import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { StoreDefinition, TaskDefinition, Topic } from '../port.ts';
import { changelogTopicFor } from '../state/changelog-client.ts';
import { MemoryDisk } from '../state/memory-disk.ts';
import type { MemoryApp } from '../testing/memory-app.ts';
import { turn } from '../testing/manual-clock.ts';
import { describeInMemory, reading } from '../testing/test-bed.ts';
import { createTestRun, type TestRun } from '../testing/test-run.ts';

interface Visit {
  who: string;
}

const input: Topic<Visit> = { name: 'visits' };
const counts: StoreDefinition<number> = { name: 'counts', values: { name: 'count' } };
const changelog = changelogTopicFor('test');
const PEOPLE = ['ann', 'bob', 'cid', 'dan', 'eve'];
const PARTITIONS = 2;

/** What happens to a group of two processes, each with a disk of its own. */
type Step =
  | { readonly do: 'visit'; readonly who: number; readonly partition: number }
  | { readonly do: 'time'; readonly ms: number }
  /** Lets so many turns of the event loop pass: a crash after them lands between any two steps of a commit. */
  | { readonly do: 'turns'; readonly count: number }
  | { readonly do: 'crash'; readonly member: number; readonly losesDisk: boolean }
  | { readonly do: 'rebalance' | 'compact' | 'loseAnswer' | 'down' | 'up' | 'commitDown' | 'commitUp' }
  | { readonly do: 'downAfter'; readonly appends: number };

const slot = fc.integer({ min: 0, max: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('visit' as const), who: fc.nat(4), partition: slot }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.constantFrom(10, 500, 1_000, 3_000) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turns' as const), count: fc.nat(12) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('crash' as const), member: slot, losesDisk: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('downAfter' as const), appends: fc.nat(3) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('rebalance', 'compact', 'loseAnswer', 'down', 'up', 'commitDown', 'commitUp'),
    }),
  },
);

class Scene {
  readonly run: TestRun;
  readonly expected = new Map<string, number>();
  readonly #disks = [new MemoryDisk(), new MemoryDisk()];
  readonly #members: MemoryApp[] = [];
  /** What the tasks see of their state, once all is quiet. */
  #look: (() => [string, number][])[] = [];

  constructor() {
    this.run = createTestRun({
      definitions: [this.#definition()],
      partitions: { visits: PARTITIONS },
      // batches of two or three entries: a flush of many keys has several
      settings: {
        commitEveryMs: 1_000,
        drainMs: 200,
        finalCommitMs: 200,
        produceBytesMax: 450,
        outputRecordBytesMax: 450,
      },
    });
  }

  #definition(): TaskDefinition<Visit> {
    return reading(
      input,
      ({ partition }, context) => {
        const kept = context.store(counts);
        this.#look.push(() => [...kept.range()].map(([who, visits]) => [`${partition}/${who}`, visits]));
        return { process: ({ value: { who } }) => kept.put(who, (kept.get(who) ?? 0) + 1) };
      },
      { stores: [counts] },
    );
  }

  async start(): Promise<void> {
    for (const slot of [0, 1]) await this.#startMember(slot);
  }

  async #startMember(slot: number): Promise<void> {
    const started = this.run.startMember({ disk: this.#disks[slot] as MemoryDisk });
    await this.#passing(started);
    this.#members[slot] = await started;
  }

  async #passing(work: Promise<unknown>): Promise<void> {
    let isOver = false;
    void work.finally(() => (isOver = true));
    for (let round = 0; !isOver && round < 50; round += 1) await this.run.advance(50);
  }

  async take(each: Step): Promise<void> {
    const { run } = this;
    const [first, second] = this.#members;
    if (each.do === 'visit') return this.#visit(each.who, each.partition);
    if (each.do === 'time') return run.advance(each.ms);
    if (each.do === 'turns') {
      void run.clock.advance(1_000);
      for (let count = 0; count < each.count; count += 1) await turn();
      return;
    }
    if (each.do === 'crash') return this.#crash(each.member, each.losesDisk);
    if (each.do === 'downAfter') return run.changelog.isDownAfter(each.appends);
    if (each.do === 'rebalance') return this.#passing(run.log.rebalance(run.groupId));
    if (each.do === 'compact') return run.changelog.compact(changelog);
    if (each.do === 'loseAnswer') return void (run.changelog.losesNextAnswer = true);
    if (each.do === 'down' || each.do === 'up') return void (run.changelog.isDown = each.do === 'down');
    for (const member of [first, second]) if (member !== undefined) member.faults.commitDown = each.do === 'commitDown';
  }

  #visit(index: number, partition: number): void {
    const who = PEOPLE[index] as string;
    this.run.append({ topic: input, partition, key: who, value: { who } });
    const name = `${partition}/${who}`;
    this.expected.set(name, (this.expected.get(name) ?? 0) + 1);
  }

  async #crash(slot: number, losesDisk: boolean): Promise<void> {
    const crashed = this.#members[slot]?.crash();
    if (crashed !== undefined) await this.#passing(crashed);
    if (losesDisk) this.#disks[slot]?.lose();
    await this.#startMember(slot);
  }

  /** All is well again; then both disks are lost, so that the changelog alone has to say what was counted. */
  async end(): Promise<Record<string, number>> {
    const { run } = this;
    run.changelog.isDown = false;
    run.changelog.isDownAfter(Infinity);
    for (const member of this.#members) member.faults.commitDown = false;
    await run.advance(20_000);
    await this.#crash(0, true);
    await this.#crash(1, true);
    await run.advance(20_000);
    for (const slot of [0, 1]) await this.#passing(this.#members[slot]?.stop() ?? Promise.resolve());
    this.#disks.forEach((disk) => disk.lose());
    this.#look = [];
    await this.#startMember(0);
    await run.advance(20_000);
    return Object.fromEntries(this.#look.flatMap((look) => look()));
  }
}

describeInMemory('10: counts are exact at the end', () => {
  test('whatever crashes, is lost, comes late or moves, at any step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const scene = new Scene();
        await scene.start();
        for (const each of steps) await scene.take(each);
        const counted = await scene.end();
        await scene.run.stop();
        expect(scene.run.fatal).toEqual([]);
        expect(counted).toEqual(Object.fromEntries(scene.expected));
      }),
      { numRuns: Number(process.env['STATE_RUNS'] ?? 60) },
    );
  }, 120_000);
});
