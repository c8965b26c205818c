import { afterEach, describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../log.ts';
import { describeAppWithoutBroker, outageScene } from '../../testing/app-without-broker.ts';
import { eventually, jsonSerde } from '../../testing/real-kafka.ts';
import { createKafkaProducer, type KafkaProducer } from './kafkajs-producer.ts';
import { createKafkaPublisher } from './kafkajs-publisher.ts';
import { localSettings } from './kafkajs-settings.ts';

/** How long until all is sent when the broker is back. */
const BACK_MS_MAX = 40_000;

describeAppWithoutBroker('kafkajs', { backMsMax: BACK_MS_MAX });

const scene = outageScene();

describe('a publisher whose broker is away', () => {
  test('never waits for it: gone, then back, and everything kept arrives once', async () => {
    await scene().proxy.reserve();
    const publisher = createKafkaPublisher({
      connection: scene().connection(),
      serde: jsonSerde,
      log: silentLogger,
      limits: { openFirstMs: 100, openMostMs: 500 },
    });
    for (let n = 0; n < 10; n += 1) expect(publisher.publish(scene().output, 'k', { n })).toBe('accepted');
    await eventually(
      () => publisher.state().breaker,
      (state) => state === 'open',
      'the breaker to open',
    );
    await scene().proxy.up();
    await eventually(
      () => publisher.state().queuedRecords,
      (count) => count === 0,
      'the ring to empty',
    );
    expect(await scene().numbersSent()).toEqual(Array.from({ length: 10 }, (_, n) => n));
    await publisher.close(1_000);
  });

  test('accepts and never answers: one request is out, the ring fills, the newest are dropped, and close ends in time', async () => {
    await scene().proxy.up();
    scene().proxy.silence(true);
    const drops: string[] = [];
    const metrics = { dropped: (_topic: string, reason: string) => void drops.push(reason) };
    const publisher = createKafkaPublisher({
      connection: scene().connection(),
      serde: jsonSerde,
      log: silentLogger,
      metrics,
      limits: { ringRecordsMax: 50, answerMs: 500, failuresMax: 1 },
    });
    for (let n = 0; n < 80; n += 1) publisher.publish(scene().output, 'k', { n });
    expect(drops).toEqual(Array.from({ length: 30 }, () => 'full'));
    await eventually(
      () => publisher.state().breaker,
      (state) => state === 'open',
      'the breaker to open',
    );
    expect(publisher.state().queuedRecords).toBe(50);
    await publisher.close(200);
    expect(drops.filter((reason) => reason === 'closed')).toHaveLength(50);
  });
});

describe('a producer whose broker is away', () => {
  let producer: KafkaProducer;
  afterEach(() => producer.close());

  test('waits, and writes in the order of the calls when it is back', async () => {
    await scene().proxy.reserve();
    producer = createKafkaProducer({
      connection: scene().connection(),
      serde: jsonSerde,
      log: silentLogger,
      settings: localSettings,
    });
    const acknowledged = Promise.all(Array.from({ length: 30 }, (_, n) => producer.send(scene().output, 'k', { n })));
    await eventually(
      () => producer.isWaiting,
      (isWaiting) => isWaiting,
      'the wait',
    );
    await scene().proxy.up();
    await acknowledged;
    expect(await scene().numbersSent()).toEqual(Array.from({ length: 30 }, (_, n) => n));
  });
});
