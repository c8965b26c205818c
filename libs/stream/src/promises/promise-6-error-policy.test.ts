import { expect, test } from '@jest/globals';
import { StreamError } from '../errors.ts';
import type { Topic } from '../port.ts';
import { deadLetterHeaders } from '../run-loop/dead-letter.ts';
import { jsonSerde } from '../testing/real-kafka.ts';
import { describeInMemory, describePromise, failing, processing, reading } from '../testing/test-bed.ts';
import { createTestRun } from '../testing/test-run.ts';

interface Step {
  n: number;
}

/** Records of which every `badEvery`th cannot be read. */
const mixed = (count: number, badEvery: number) =>
  Array.from({ length: count }, (_, n) => (n % badEvery === 0 ? { bytes: Buffer.from('{') } : { value: { n } }));

describePromise('6: parking has a limit, above which the process stops', (bed) => {
  test('it stops with PARKING_TOO_FAST, the offset uncommitted, instead of emptying the topic into the dead letters', async () => {
    const input = await bed().createTopic<Step>('in');
    await bed().append(input, mixed(40, 1));
    await bed().startMember([reading(input, () => processing(() => undefined))], { parkedPerMinuteMax: 10 });
    await bed().eventually(
      () => bed().fatal.length,
      (count) => count > 0,
      'the stop',
    );
    expect(bed().fatal).toMatchObject([{ code: 'PARKING_TOO_FAST' }]);
    expect(await bed().deadLetters()).toHaveLength(10);
    const [committed = 0n] = await bed().committed(input);
    expect(committed).toBeLessThanOrEqual(10n);
  });

  test('as many, but a thin share of all, are parked and the rest is done', async () => {
    const input = await bed().createTopic<Step>('in');
    const seen: number[] = [];
    // the first is good, so that the share is small from the beginning
    await bed().append(input, [
      ...Array.from({ length: 20 }, () => ({ value: { n: 1 } })),
      ...mixed(200, 12).map((each, n) => (n === 0 ? { value: { n: 1 } } : each)),
    ]);
    await bed().startMember([reading(input, () => processing(({ value }) => void seen.push(value.n)))], {
      parkedPerMinuteMax: 3,
      parkedPercentMax: 10,
    });
    await bed().eventually(
      () => bed().committed(input),
      ([offset]) => offset === 220n,
      'the end',
    );
    expect(bed().fatal).toEqual([]);
    expect(await bed().deadLetters()).toHaveLength(16);
    expect(seen).toHaveLength(204);
  });

  test('an error is tried as often as its definition says, and then parked with the number of tries', async () => {
    const input = await bed().createTopic<Step>('in');
    const tries: number[] = [];
    const definition = reading(
      input,
      () =>
        processing(({ value }) => {
          tries.push(value.n);
          if (value.n === 0) throw failing('retry', 'FLAKY');
        }),
      { errors: { process: { byCode: { FLAKY: { triesMax: 3, then: 'park' } } } } },
    );
    await bed().append(input, [{ value: { n: 0 } }, { value: { n: 1 } }]);
    const member = await bed().startMember([definition], { retryFirstMs: 10, retryMostMs: 20 });
    await bed().eventually(
      () => bed().committed(input),
      ([offset]) => offset === 2n,
      'the end',
    );
    expect(tries).toEqual([0, 0, 0, 1]);
    const [letter] = await bed().deadLetters();
    expect(letter?.headers[deadLetterHeaders.code]?.toString()).toBe('FLAKY');
    expect(letter?.headers[deadLetterHeaders.attempts]?.toString()).toBe('3');
    expect(member.state().waitingFor).toEqual([]);
  });
});

describeInMemory('6: one policy for decode, process and produce', () => {
  const input: Topic<Step> = { name: 'in' };
  const output: Topic<Step> = { name: 'out' };

  test('a few bad records among none are parked, however large their share is', async () => {
    const run = createTestRun({
      definitions: [reading(input, () => processing(() => undefined))],
      serde: jsonSerde,
      settings: { parkedPerMinuteMax: 10 },
    });
    await run.startMember();
    for (let n = 0; n < 10; n += 1) run.append({ topic: input, bytes: Buffer.from('{') });
    await run.advance(5_000);
    expect([run.parked().length, run.fatal]).toEqual([10, []]);
    await run.advance(60_000); // a minute later there is room again
    for (let n = 0; n < 10; n += 1) run.append({ topic: input, bytes: Buffer.from('{') });
    await run.advance(5_000);
    expect([run.parked().length, run.fatal, run.committed(input)]).toEqual([20, [], 20n]);
    await run.stop();
  });

  test('a task whose unplanned errors are parked by declaration goes on; they are counted as UNPLANNED', async () => {
    const definition = reading(
      input,
      () =>
        processing(({ value }) => {
          if (value.n === 1) throw new TypeError('a bug');
        }),
      { errors: { process: { unplanned: 'park' } } },
    );
    const run = createTestRun({ definitions: [definition] });
    await run.startMember();
    for (const n of [0, 1, 2]) run.append({ topic: input, value: { n } });
    await run.advance(5_000);
    expect(run.parked().map(({ offset, code }) => [offset, code])).toEqual([[1n, 'UNPLANNED']]);
    expect([run.fatal, run.committed(input)]).toEqual([[], 3n]);
    await run.stop();
  });

  test('what is dropped by rule is counted under its code', async () => {
    const definition = reading(
      input,
      () =>
        processing(() => {
          throw failing('park', 'OFF_THE_MAP');
        }),
      { errors: { process: { byCode: { OFF_THE_MAP: 'drop' } } } },
    );
    const run = createTestRun({ definitions: [definition] });
    await run.startMember();
    run.append({ topic: input, value: { n: 0 } });
    await run.advance(5_000);
    expect([run.dropped(), run.parked(), run.committed(input)]).toEqual([['OFF_THE_MAP'], [], 1n]);
    await run.stop();
  });

  test.each<[string, 'park' | undefined, number, string[]]>([
    ['stops the process', undefined, 1, []],
    [
      'parks its input where that is declared, and its neighbours in the same request are sent',
      'park',
      0,
      ['KAFKA_REFUSED'],
    ],
  ])('an output that the log refuses %s', async (_title, rule, fatal, parked) => {
    const definition = reading(
      input,
      () => processing(({ value }, collector) => collector.send(output, String(value.n), value)),
      rule === undefined ? {} : { errors: { produce: { byCode: { KAFKA_REFUSED: rule } } } },
    );
    const run = createTestRun({ definitions: [definition] });
    await run.startMember();
    const produce = run.log.produce.bind(run.log);
    run.log.produce = (record, now) => {
      if (record.topic === output.name && record.key?.toString() === '1')
        throw new StreamError('KAFKA_REFUSED', 'crash', 'told to be');
      return produce(record, now);
    };
    for (const n of [0, 1, 2]) run.append({ topic: input, value: { n } });
    await run.advance(5_000);
    expect(run.fatal).toHaveLength(fatal);
    expect(run.parked().map(({ code }) => code)).toEqual(parked);
    if (rule === 'park') {
      expect([...new Set((await run.sent(output)).map(({ key }) => key))]).toEqual(['0', '2']); // the first went twice
      expect(run.committed(input)).toBe(3n);
    }
    await run.stop();
  });

  test('a policy that cannot be meant is refused at the start', async () => {
    const errors = { process: { byCode: { FLAKY: { triesMax: 0, then: 'park' as const } } } };
    const run = createTestRun({ definitions: [reading(input, () => processing(() => undefined), { errors })] });
    await expect(run.startMember()).rejects.toMatchObject({ code: 'BAD_SETTING' });
  });
});
