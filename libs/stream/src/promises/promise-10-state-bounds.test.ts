import { expect, test } from '@jest/globals';
import type { KeyValueStore, StoreDefinition, Topic } from '../port.ts';
import { MemoryDisk } from '../state/memory-disk.ts';
import { jsonSerde } from '../testing/real-kafka.ts';
import { describeInMemory, reading } from '../testing/test-bed.ts';
import { createTestRun, type TestRun, type TestRunOptions } from '../testing/test-run.ts';

interface Visit {
  who: string;
}

const input: Topic<Visit> = { name: 'visits' };
const SHORT_MS = 10_000;
const notes: StoreDefinition<string> = { name: 'notes', values: { name: 'note' }, ttlMs: SHORT_MS };

const createRun = (
  process: (kept: KeyValueStore<string>, who: string) => void,
  settings: TestRunOptions['settings'] = {},
): TestRun => {
  const definition = reading(
    input,
    (_partition, context) => {
      const kept = context.store(notes);
      return { process: ({ value: { who } }) => process(kept, who) };
    },
    { stores: [notes] },
  );
  return createTestRun({
    definitions: [definition],
    serde: jsonSerde,
    settings: { commitEveryMs: 5_000, ...settings },
  });
};

const visit = (run: TestRun, who: string): void => void run.append({ topic: input, value: { who } });

describeInMemory('10: what a store holds has its bounds', () => {
  test('while changes cannot be written, no more of them wait than twice their bound', async () => {
    let seen = 0;
    const run = createRun((kept, who) => (kept.put(who, 'x'), (seen += 1)), { stateChangesMax: 10 });
    await run.startMember();
    await run.settle();
    run.changelog.isDown = true;
    for (let n = 0; n < 60; n += 1) visit(run, `guest-${n}`);
    await run.advance(20_000);
    expect(seen).toBe(20); // ten that a commit tries to write, ten behind them
    run.changelog.isDown = false;
    await run.advance(30_000);
    expect([seen, run.committed(input)]).toEqual([60, 60n]);
    await run.stop();
  });

  test('a restore writes large values piece by piece: it never holds a state in memory', async () => {
    const bytesMax = 5_000;
    const run = createRun((kept, who) => kept.put(who, 'x'.repeat(1_000)), { stateChangeBytesMax: bytesMax });
    const member = await run.startMember();
    for (let n = 0; n < 60; n += 1) visit(run, `guest-${n}`);
    await run.advance(5_000);
    expect(run.committed(input)).toBe(60n);
    await member.stop();
    const lost = new MemoryDisk();
    await run.startMember({ disk: lost });
    await run.settle();
    // the log in memory gives twenty records a read; the last write says where it ended
    expect(lost.writes).toBeGreaterThanOrEqual(3);
    await run.stop();
  });

  test('an entry is gone at its instant for who asks for it, also before anybody has removed it', async () => {
    const seen: unknown[] = [];
    const run = createRun((kept, who) => (who === 'put' ? kept.put('note', 'x') : seen.push(kept.get('note'))), {
      commitEveryMs: 4_000,
    });
    await run.startMember();
    await run.settle();
    visit(run, 'put');
    await run.settle();
    await run.advance(SHORT_MS - 1);
    visit(run, 'look');
    await run.advance(1);
    visit(run, 'look');
    await run.settle();
    expect(seen).toEqual(['x', undefined]);
    await run.stop();
  });

  test('a value that the changelog would not take parks its record', async () => {
    const run = createRun((kept, who) => kept.put(who, 'x'.repeat(who === 'large' ? 2_000 : 10)), {
      outputRecordBytesMax: 1_000,
    });
    await run.startMember();
    visit(run, 'large');
    visit(run, 'small');
    await run.advance(6_000);
    expect([run.parked().map(({ code }) => code), run.fatal]).toEqual([['STATE_VALUE_TOO_LARGE'], []]);
    expect(run.committed(input)).toBe(2n);
    await run.stop();
  });
});
