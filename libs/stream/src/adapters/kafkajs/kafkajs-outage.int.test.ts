import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@porchlight/clock/testing';
import { silentLogger } from '../../log.ts';
import { describeAppWithoutBroker, outageScene } from '../../testing/app-without-broker.ts';
import { jsonSerde } from '../../testing/real-kafka.ts';
import { createKafkaProducer, type KafkaProducer } from './kafkajs-producer.ts';
import { localSettings } from './kafkajs-settings.ts';

/** How long until all is sent when the broker is back. */
const BACK_MS_MAX = 40_000;

describeAppWithoutBroker('kafkajs', { backMsMax: BACK_MS_MAX });

const scene = outageScene();

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
