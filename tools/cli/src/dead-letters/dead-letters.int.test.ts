import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createMemoryRegistry, memorySerde, topics } from '@porchlight/contracts';
import { deadLetterHeaders, deadLetterTopicFor } from '@porchlight/stream';
import { createDecoder } from '../records/decoder.ts';
import { KafkaFixture, refusal } from '../testing/kafka-fixture.ts';
import { runCommand } from '../testing/run-command.ts';
import { wantedSettledTopic } from '../topics/wanted-topics.ts';
import { replayNameIn } from './dead-letter.ts';
import { discardLetters } from './discard-letters.ts';
import { createLetterSender } from './letter-sender.adapter.ts';
import type { LetterFilter } from './letter-filter.ts';
import { listLetters } from './list-letters.ts';
import { lettersNow } from './read-letters.ts';
import { replayLetters, type ReplayReport } from './replay-letters.ts';
import { selectLetters } from './select-letters.ts';
import { settlePorts, type SettlePorts } from './settle-ports.ts';
import { SettlementLog, settledTopicOf } from './settlement-log.ts';
import { showLetter } from './show-letter.ts';

const kafka = new KafkaFixture();
const environment = { KAFKA_BROKERS: kafka.brokers.join(',') };
const replayMember = fileURLToPath(new URL('../testing/replay-member.ts', import.meta.url));
const MINUTE_MS = 60_000;
const NOW = Date.now();

beforeAll(() => kafka.open());
afterAll(() => kafka.close());

interface Parked {
  readonly partition?: number;
  readonly offset: number;
  readonly code?: string;
  readonly key?: string | Buffer;
  readonly value?: Buffer | string | null;
  readonly parkedAt?: number;
  readonly topic?: string;
  readonly headers?: Record<string, string | Buffer>;
}

const parked = (group: string, topic: string, letter: Parked) => ({
  key: letter.key ?? `key-${letter.offset}`,
  value: letter.value === undefined ? `value-${letter.offset}` : letter.value,
  headers: {
    traceparent: '00-1',
    ...letter.headers,
    [deadLetterHeaders.group]: group,
    [deadLetterHeaders.topic]: letter.topic ?? topic,
    [deadLetterHeaders.partition]: String(letter.partition ?? 0),
    [deadLetterHeaders.offset]: String(letter.offset),
    [deadLetterHeaders.timestamp]: String(NOW - 5 * MINUTE_MS),
    [deadLetterHeaders.code]: letter.code ?? 'BROKEN',
    [deadLetterHeaders.attempts]: '3',
    [deadLetterHeaders.parkedAt]: String(letter.parkedAt ?? NOW - MINUTE_MS),
  },
});

/** A group with dead letters of one topic with two partitions. */
async function withLetters(letters: readonly Parked[], configs: Record<string, string> = {}) {
  const group = kafka.group();
  const topic = await kafka.topic(2, { configs });
  const deadLetterTopic = await kafka.topic(1, { name: deadLetterTopicFor(group) });
  await kafka.topic(1, { name: settledTopicOf(deadLetterTopic), configs: wantedSettledTopic('', 1).configs });
  await kafka.send(
    deadLetterTopic,
    letters.map((letter) => parked(group, topic, letter)),
  );
  return { group, topic, deadLetterTopic };
}

const list = (deadLetterTopic: string, filter: LetterFilter = {}, all = false) =>
  kafka.use(({ reader }) => listLetters(reader, deadLetterTopic, { filter, limit: 1_000, all }));

const refsOf = async (deadLetterTopic: string, filter: LetterFilter = {}) =>
  (await list(deadLetterTopic, filter)).rows.map(({ ref }) => ref);

const statesOf = async (deadLetterTopic: string) =>
  Object.fromEntries((await list(deadLetterTopic, {}, true)).rows.map(({ ref, state }) => [ref, state]));

/** Selects and works, as the commands do. */
const settle = <Report>(
  deadLetterTopic: string,
  work: (ports: SettlePorts, letters: Awaited<ReturnType<typeof selectLetters>>['letters']) => Promise<Report>,
  given: Partial<SettlePorts> & { filter?: LetterFilter } = {},
) =>
  kafka.use(async ({ reader }) => {
    const settled = new SettlementLog(deadLetterTopic, reader);
    await settled.mustCatchUp();
    const stateOf = (id: string) => settled.of(id);
    const stretches = await lettersNow(reader, deadLetterTopic);
    const { letters } = await selectLetters({ reader, stateOf }, stretches, {
      filter: given.filter ?? {},
      limit: 1_000,
    });
    const sender = await createLetterSender(kafka.brokers);
    try {
      return await work(
        settlePorts({ deadLetterTopic, reader, settled, sender, inDoubtMs: 200, by: 'ann@desk', ...given }),
        letters,
      );
    } finally {
      await sender.close();
    }
  });

const replay = (
  deadLetterTopic: string,
  given: Partial<SettlePorts> & { filter?: LetterFilter; evenIfUnproven?: boolean } = {},
) =>
  settle(
    deadLetterTopic,
    (ports, letters) =>
      replayLetters(ports, letters, { perSecond: 1_000, evenIfUnproven: given.evenIfUnproven === true }),
    given,
  );

const many = (count: number): Parked[] =>
  Array.from({ length: count }, (_, offset) => ({ offset, partition: offset % 2, parkedAt: NOW - MINUTE_MS + offset }));

const valuesIn = async (topic: string) => (await kafka.recordsOf(topic)).map(({ value }) => value?.toString());

describe('list', () => {
  test('finds letters by every filter', async () => {
    const { deadLetterTopic, topic } = await withLetters([
      { offset: 0, code: 'A', key: 'home-1', parkedAt: 1_000 },
      { offset: 1, code: 'B', key: 'home-2', parkedAt: 2_000, partition: 1 },
      { offset: 2, code: 'B', key: 'home-1', parkedAt: 3_000, topic: 'another' },
    ]);
    const found = (filter: LetterFilter) => refsOf(deadLetterTopic, filter);
    expect(await found({})).toEqual(['0:0', '0:1', '0:2']);
    expect(await found({ code: 'B' })).toEqual(['0:1', '0:2']);
    expect(await found({ topic })).toEqual(['0:0', '0:1']);
    expect(await found({ partition: 1 })).toEqual(['0:1']);
    expect(await found({ offsets: { first: 1, last: 2 } })).toEqual(['0:1', '0:2']);
    expect(await found({ since: 2_000 })).toEqual(['0:1', '0:2']);
    expect(await found({ until: 2_000 })).toEqual(['0:0']);
    expect(await found({ key: 'home-1' })).toEqual(['0:0', '0:2']);
    expect(await found({ refs: ['0:2'] })).toEqual(['0:2']);
    expect(await found({ key: 'home-1', code: 'B' })).toEqual(['0:2']);
  });

  test('counts all that match, beyond the limit too', async () => {
    const { deadLetterTopic, topic } = await withLetters([{ offset: 0, code: 'A' }, { offset: 1 }, { offset: 2 }]);
    const listed = await kafka.use(({ reader }) =>
      listLetters(reader, deadLetterTopic, { filter: {}, limit: 1, all: false }),
    );
    expect(listed.rows.map(({ ref }) => ref)).toEqual(['0:0']);
    expect(listed.counts).toEqual([
      { topic, code: 'BROKEN', letters: 2 },
      { topic, code: 'A', letters: 1 },
    ]);
  });

  test('shows no key that names a session', async () => {
    const { deadLetterTopic } = await withLetters([{ offset: 0, key: 'session-secret', topic: 'map.viewport-viewed' }]);
    expect(JSON.stringify(await list(deadLetterTopic))).not.toContain('session-secret');
  });

  test('of a group that has no dead-letter topic says so', async () => {
    expect((await refusal(list(deadLetterTopicFor(kafka.group())))).code).toBe('TOPIC_UNKNOWN');
  });
});

describe('show', () => {
  const estimate = memorySerde().encode(topics.estimateUpdated, {
    propertyId: 'home-1',
    estimateVersion: 7,
    estimate: { valueUsd: 654_321, lowUsd: 600_001, highUsd: 700_001, computedAt: 1 },
  });
  const decoder = createDecoder(createMemoryRegistry());

  test('gives nothing of the value unless it is asked for', async () => {
    const { deadLetterTopic } = await withLetters([{ offset: 5, value: estimate }]);
    const shown = await kafka.use(({ reader }) => showLetter(reader, { deadLetterTopic, ref: '0:0' }));
    expect(shown).toMatchObject({ code: 'BROKEN', valueBytes: estimate.length, headers: { traceparent: '00-1' } });
    expect(Object.keys(shown)).not.toContain('value');
  });

  test('hides prices in the value, and shows them only when told to', async () => {
    const { deadLetterTopic } = await withLetters([{ offset: 5, value: estimate }]);
    const shown = (reveal: boolean) =>
      kafka.use(({ reader }) => showLetter(reader, { deadLetterTopic, ref: '0:0' }, { decoder, reveal }));
    const hidden = await shown(false);
    expect(hidden.value).toMatchObject({ propertyId: 'home-1', estimate: { valueUsd: '(hidden)', computedAt: 1 } });
    expect(JSON.stringify(hidden)).not.toMatch(/654321|600001|700001/);
    expect((await shown(true)).value).toMatchObject({ estimate: { valueUsd: 654_321 } });
  });

  test('says why a value cannot be decoded, and shows none of its bytes', async () => {
    const { deadLetterTopic } = await withLetters([{ offset: 5, value: 'price 654321' }]);
    const shown = await kafka.use(({ reader }) =>
      showLetter(reader, { deadLetterTopic, ref: '0:0' }, { decoder, reveal: true }),
    );
    expect(shown.undecodable).toBe('NOT_AVRO');
    expect(JSON.stringify(shown)).not.toContain('654321');
  });

  test.each(['0:9', '1:0', 'x'])('%s, which is not there, is refused', async (ref) => {
    const { deadLetterTopic } = await withLetters([{ offset: 5 }]);
    const error = await refusal(kafka.use(({ reader }) => showLetter(reader, { deadLetterTopic, ref })));
    expect(error.code).toBe('LETTER_UNKNOWN');
  });
});

describe('replay', () => {
  test('sends no letter that holds only the beginning of its record, and says which', async () => {
    const { deadLetterTopic, topic, group } = await withLetters([
      { offset: 0, headers: { [deadLetterHeaders.cutFrom]: '2000000' } },
      { offset: 1 },
      { offset: 2, headers: { [deadLetterHeaders.cutFrom]: 'not a number' } },
    ]);
    const shown = await kafka.use(({ reader }) => showLetter(reader, { deadLetterTopic, ref: '0:0' }));
    expect([shown.cutFromBytes, shown.headers]).toEqual([2_000_000, { traceparent: '00-1' }]);
    expect(await replay(deadLetterTopic)).toMatchObject({ replayed: 1, cut: ['0:0', '0:2'], left: 2 });
    expect(await valuesIn(topic)).toEqual(['value-1']);
    const again = await runCommand(['dlq', 'replay', group, '--all', '--yes', '--json'], environment);
    expect(JSON.parse(again.out)).toMatchObject({ done: true, replayed: 0, cut: ['0:0', '0:2'], left: 2 });
    expect(await valuesIn(topic)).toEqual(['value-1']);
  });

  test('puts back the same bytes, key and headers where they came from, with one header more', async () => {
    const bytes = Buffer.from([0, 255, 1, 254]);
    const { deadLetterTopic, topic } = await withLetters([
      { offset: 41, partition: 1, key: bytes, value: bytes, headers: { note: bytes } },
      { offset: 42, partition: 0, value: null },
    ]);
    expect(await replay(deadLetterTopic)).toMatchObject({ replayed: 2, left: 0 });
    const [tombstone, record] = await kafka.recordsOf(topic);
    expect(tombstone).toMatchObject({ partition: 0, value: null });
    expect(record?.partition).toBe(1);
    expect([record?.key, record?.value]).toEqual([bytes, bytes]);
    expect(record?.headers).toEqual({
      traceparent: Buffer.from('00-1'),
      note: bytes,
      'porchlight.replay-of': Buffer.from(`${deadLetterTopic}/0:0:${NOW - MINUTE_MS}`),
    });
  });

  test('does it once: a second time finds nothing, and who did it when can be seen', async () => {
    const { deadLetterTopic, topic } = await withLetters(many(3));
    await replay(deadLetterTopic, { filter: { refs: ['0:1'] }, now: () => 1_234 });
    expect(await refsOf(deadLetterTopic)).toEqual(['0:0', '0:2']);
    expect((await list(deadLetterTopic, { refs: ['0:1'] }, true)).rows).toMatchObject([
      { state: 'replayed', by: 'ann@desk', at: 1_234 },
    ]);
    expect(await replay(deadLetterTopic)).toMatchObject({ replayed: 2 });
    expect(await replay(deadLetterTopic)).toMatchObject({ replayed: 0, left: 0 });
    expect((await valuesIn(topic)).toSorted()).toEqual(['value-0', 'value-1', 'value-2']);
  });

  test('leaves a letter whose topic or partition is not there, and one that says nothing of where it came from', async () => {
    const { deadLetterTopic } = await withLetters([
      { offset: 0, topic: 'gone' },
      { offset: 1, partition: 7 },
    ]);
    await kafka.send(deadLetterTopic, [{ value: 'somebody else wrote this' }]);
    expect(await replay(deadLetterTopic)).toMatchObject({ replayed: 0, homeless: ['0:0', '0:1', '0:2'], left: 3 });
  });

  test('leaves a letter that its topic does not take any more for its size, and sends those beside it', async () => {
    const letters = [{ offset: 0 }, { offset: 1, value: 'x'.repeat(2_000) }, { offset: 2 }];
    const { deadLetterTopic, topic } = await withLetters(letters, { 'max.message.bytes': '1000' });
    expect(await replay(deadLetterTopic)).toMatchObject({ replayed: 2, tooLarge: ['0:1'], left: 1 });
    expect(await valuesIn(topic)).toEqual(['value-0', 'value-2']);
    expect(await statesOf(deadLetterTopic)).toEqual({ '0:0': 'replayed', '0:1': 'open', '0:2': 'replayed' });
  });

  test('a letter that is parked again is a letter of its own, and can be replayed again', async () => {
    const { deadLetterTopic, topic, group } = await withLetters([{ offset: 0 }]);
    await replay(deadLetterTopic);
    const [record] = await kafka.recordsOf(topic);
    const again = parked(group, topic, { offset: record?.offset ?? 0, value: 'value-0' });
    await kafka.send(deadLetterTopic, [{ ...again, headers: { ...again.headers, ...record?.headers } }]);
    expect((await list(deadLetterTopic)).rows).toMatchObject([{ ref: '0:1', wasReplayed: true }]);
    expect(await replay(deadLetterTopic)).toMatchObject({ replayed: 1 });
    expect((await kafka.recordsOf(topic)).map(replayNameIn)).toEqual([
      expect.stringContaining('/0:0:'),
      expect.stringContaining('/0:1:'),
    ]);
  });

  test('without the topic that remembers, nothing is sent', async () => {
    const { deadLetterTopic, topic } = await withLetters([{ offset: 0 }]);
    await kafka.admin.deleteTopics({ topics: [settledTopicOf(deadLetterTopic)] });
    expect((await refusal(replay(deadLetterTopic))).code).toBe('SETTLED_TOPIC_MISSING');
    expect(await valuesIn(topic)).toEqual([]);
  });
});

describe('killed in the middle and run again', () => {
  /** Runs a replay as a process of its own and kills it, with no chance to tidy up, at a step of a batch. */
  async function killAt(deadLetterTopic: string, step: string, batch: number): Promise<void> {
    const args = [
      '--disable-warning=ExperimentalWarning',
      replayMember,
      kafka.brokers.join(','),
      deadLetterTopic,
      step,
      String(batch),
    ];
    const member = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(member, 'exit').then(([code]) => Promise.reject(new Error(`it ended by itself: ${code}`)));
    await Promise.race([once(member.stdout, 'data'), exited]);
    const killed = once(member, 'exit');
    member.kill('SIGKILL');
    await killed;
    await exited.catch(() => undefined);
  }

  // Batches are of five: the process is killed with some sent, some begun and some untouched.
  test.each([
    ['claimed', 1],
    ['claimed', 2],
    ['sent', 1],
    ['sent', 3],
    ['settled', 2],
  ])('when records are %s, in batch %d: nothing is lost, and nothing sent twice', async (step, batch) => {
    const { deadLetterTopic, topic } = await withLetters(many(20));
    await killAt(deadLetterTopic, step, batch);
    const report = await replay(deadLetterTopic);
    expect(report).toMatchObject({ unproven: [], left: 0 });
    expect((await valuesIn(topic)).toSorted()).toEqual(
      many(20)
        .map(({ offset }) => `value-${offset}`)
        .toSorted(),
    );
    expect(new Set(Object.values(await statesOf(deadLetterTopic)))).toEqual(new Set(['replayed']));
  });

  test('twice over, at different steps, it is still each once', async () => {
    const { deadLetterTopic, topic } = await withLetters(many(20));
    await killAt(deadLetterTopic, 'sent', 1);
    await killAt(deadLetterTopic, 'claimed', 1);
    await killAt(deadLetterTopic, 'sent', 2);
    await replay(deadLetterTopic);
    expect((await valuesIn(topic)).toSorted()).toEqual(
      many(20)
        .map(({ offset }) => `value-${offset}`)
        .toSorted(),
    );
  });

  test('what was sent and is gone since is not sent again unasked: nobody could tell', async () => {
    const { deadLetterTopic, topic } = await withLetters([{ offset: 0 }]);
    await killAt(deadLetterTopic, 'sent', 1);
    await kafka.cut(topic, 1);
    expect(await replay(deadLetterTopic)).toMatchObject({ replayed: 0, unproven: ['0:0'], left: 1 });
    expect(await valuesIn(topic)).toEqual([]);
    expect(await replay(deadLetterTopic, { evenIfUnproven: true })).toMatchObject({ replayed: 1, left: 0 });
    expect(await valuesIn(topic)).toEqual(['value-0']);
  });

  test('a letter that was sent but not recorded cannot be discarded: it is recorded as replayed', async () => {
    const { deadLetterTopic } = await withLetters([{ offset: 0 }]);
    await killAt(deadLetterTopic, 'sent', 1);
    await settle(deadLetterTopic, (ports, letters) => discardLetters(ports, letters, { reason: 'no' }));
    expect(await statesOf(deadLetterTopic)).toEqual({ '0:0': 'replayed' });
  });
});

describe('two replays at the same time', () => {
  const options = { perSecond: 1_000 };

  test('of which both chose the same letters: the second finds out that the first has them', async () => {
    const { deadLetterTopic, topic } = await withLetters(many(4));
    const second = await settle(deadLetterTopic, async (ports, chosenBySecond) => {
      let outcome: Promise<ReplayReport> | undefined;
      await replay(deadLetterTopic, {
        // The first has claimed and not sent; the second, which knows nothing of it yet, goes all the way.
        onStep: async (step) => {
          if (step !== 'claimed') return;
          outcome = replayLetters(ports, chosenBySecond, options);
          await outcome;
        },
      });
      return outcome;
    });
    expect(second).toMatchObject({ replayed: 0, left: 4 });
    expect((await valuesIn(topic)).toSorted()).toEqual(['value-0', 'value-1', 'value-2', 'value-3']);
  });

  test('send each letter once between them', async () => {
    const { deadLetterTopic, topic } = await withLetters(many(60));
    const reports = await Promise.all([replay(deadLetterTopic), replay(deadLetterTopic)]);
    const { replayed } = await replay(deadLetterTopic);
    expect((await valuesIn(topic)).toSorted()).toEqual(
      many(60)
        .map(({ offset }) => `value-${offset}`)
        .toSorted(),
    );
    expect(reports.reduce((sum, each) => sum + each.replayed, replayed)).toBe(60);
  });
});

describe('discard', () => {
  test('settles letters with who, when and why; they are not shown and not replayed any more', async () => {
    const { deadLetterTopic, topic } = await withLetters(many(3));
    await settle(deadLetterTopic, (ports, letters) => discardLetters(ports, letters, { reason: 'too old' }), {
      filter: { refs: ['0:0', '0:2'] },
      now: () => 99,
    });
    expect(await refsOf(deadLetterTopic)).toEqual(['0:1']);
    expect((await list(deadLetterTopic, { refs: ['0:2'] }, true)).rows).toMatchObject([
      { state: 'discarded', by: 'ann@desk', at: 99, reason: 'too old' },
    ]);
    expect(await replay(deadLetterTopic)).toMatchObject({ replayed: 1 });
    expect(await valuesIn(topic)).toEqual(['value-1']);
  });
});

describe('the commands', () => {
  test('a dry run says what would be replayed, and sends nothing', async () => {
    const { group, topic } = await withLetters(many(3));
    const { code, out } = await runCommand(['dlq', 'replay', group, '--all', '--dry-run'], environment);
    expect(code).toBe(0);
    expect(out).toContain('3 dead letters to replay');
    expect(out).toContain(`3 BROKEN from ${topic}, 2 partitions`);
    expect(await valuesIn(topic)).toEqual([]);
  });

  test('without a filter or --all, and without --yes where nobody can be asked, it is refused', async () => {
    const { group, topic } = await withLetters(many(2));
    const codeOf = async (...args: string[]) => (await runCommand(['dlq', ...args], environment)).error.split(':')[0];
    expect(await codeOf('replay', group)).toBe('SELECTION_MISSING');
    expect(await codeOf('discard', group, '--reason', 'x')).toBe('SELECTION_MISSING');
    expect(await codeOf('replay', group, '--all')).toBe('NEEDS_YES');
    expect(await valuesIn(topic)).toEqual([]);
  });

  test('prices go to no file: --reveal without a terminal is refused', async () => {
    const { group } = await withLetters(many(1));
    const { error } = await runCommand(
      ['dlq', 'show', group, '0:0', '--value', '--reveal', '--registry', 'http://127.0.0.1:9'],
      environment,
    );
    expect(error).toMatch(/^REVEAL_NEEDS_TERMINAL/);
  });

  test('list, replay and list again, from the outside', async () => {
    const { group, topic } = await withLetters(many(3));
    expect((await runCommand(['dlq', 'list', group], environment)).out).toContain('3 dead letters');
    const done = await runCommand(['dlq', 'replay', group, '--code', 'BROKEN', '--yes', '--json'], environment);
    expect(JSON.parse(done.out)).toMatchObject({ done: true, replayed: 3, left: 0 });
    expect((await runCommand(['dlq', 'list', group], environment)).out).toContain(
      'no dead letters; 3 settled ones left out',
    );
    expect(await valuesIn(topic)).toHaveLength(3);
  });
});
