import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@porchlight/clock/testing';
import { openRealKafka, type RealKafka } from '../../testing/real-kafka.ts';
import { processing, reading } from '../../testing/test-bed.ts';

interface Sent {
  n: number;
  by?: string;
}

let kafka: RealKafka;
beforeAll(async () => {
  kafka = await openRealKafka();
});
afterAll(() => kafka.close());

test('a process that was stopped for longer than its session processes, sends and commits nothing of what it had fetched', async () => {
  const input = await kafka.createTopic<Sent>('in');
  const output = await kafka.createTopic<Sent>('out');
  const round = (from: number): Promise<void> =>
    kafka.append(
      input,
      Array.from({ length: 10 }, (_, n) => ({ key: 'k', value: { n: from + n } })),
    );
  const sent = async (): Promise<Sent[]> =>
    (await kafka.read(output.name)).map(({ value }) => JSON.parse(value?.toString() ?? '') as Sent);
  const sentOf = (from: number) =>
    eventually(sent, (all) => all.some(({ n }) => n === from + 9), `records to ${from + 9}`);

  const script = fileURLToPath(new URL('../../testing/crash-member.ts', import.meta.url));
  const names = [kafka.brokers.join(','), kafka.groupId, input.name, output.name];
  const client = process.env['PORCHLIGHT_KAFKA_CLIENT'] ?? 'kafkajs';
  const zombie = spawn(process.execPath, [script, ...names, '500', client], { stdio: ['ignore', 'pipe', 'inherit'] });
  let processed = '';
  zombie.stdout.on('data', (said: Buffer) => (processed += String(said)));
  try {
    await round(0);
    await sentOf(0);
    await eventually(
      () => kafka.committed(input),
      ([next]) => next === 10n,
      'its commit',
    );
    zombie.kill('SIGSTOP');
    await round(10); // its poll is still out: the answer waits for it in its socket
    const survivor = kafka.app([
      reading(input, () =>
        processing(({ value }, collector) => collector.send(output, 'k', { ...value, by: 'survivor' })),
      ),
    ]);
    await survivor.start();
    await sentOf(10);
    zombie.kill('SIGCONT');
    await round(20);
    await sentOf(20);
    await eventually(
      () => kafka.memberCount(),
      (count) => count === 2,
      'the zombie in the group again',
    );
    const by = new Map((await sent()).map(({ n, by: name }) => [n, name]));
    expect([...by.keys()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n));
    const late = (await sent()).filter(({ n, by: name }) => n >= 10 && n < 20 && name === 'killed');
    expect(late).toEqual([]);
    const paidTwice = processed.split('\n').filter((n) => Number(n) >= 10 && Number(n) < 20);
    expect(paidTwice).toEqual([]);
    expect(kafka.fatal).toEqual([]);
    await survivor.stop();
  } finally {
    zombie.kill('SIGKILL');
  }
}, 90_000);
