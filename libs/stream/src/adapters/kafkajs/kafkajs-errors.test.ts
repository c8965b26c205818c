import { describe, expect, test } from '@jest/globals';
import { asStreamError, isOutage, outageCode } from './kafkajs-errors.ts';

const error = (name: string, fields: object = {}): Error => Object.assign(new Error(name), { name, ...fields });
const wrapped = (cause: Error): Error => error('KafkaJSNumberOfRetriesExceeded', { retriable: false, cause });

describe('what may succeed later with nothing changed here', () => {
  test.each([
    ['a broker that refuses the connection', error('KafkaJSConnectionError', { retriable: true })],
    ['a broker that hangs, after all retries', wrapped(error('KafkaJSRequestTimeoutError'))],
    ['no broker left', error('KafkaJSNoBrokerAvailableError')],
    [
      'a topic that is not there yet',
      wrapped(error('KafkaJSProtocolError', { type: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: true })),
    ],
    ['a producer that lost its connection', error('KafkaJSError', { retriable: true })],
  ])('%s', (_name, thrown) => {
    expect(isOutage(thrown)).toBe(true);
    expect(asStreamError(thrown, 'produce')).toMatchObject({ code: 'KAFKA_UNAVAILABLE', fate: 'retry' });
  });

  test.each([
    [
      'no right to write',
      wrapped(error('KafkaJSProtocolError', { type: 'TOPIC_AUTHORIZATION_FAILED', retriable: false })),
    ],
    ['a record that is too large', error('KafkaJSProtocolError', { type: 'MESSAGE_TOO_LARGE', retriable: false })],
    ['a bug', new TypeError('x is undefined')],
    ['an API that the client does not know', error('KafkaJSNotImplemented', { retriable: false })],
  ])('but not %s', (_name, thrown) => {
    expect(isOutage(thrown)).toBe(false);
    expect(asStreamError(thrown, 'produce')).toMatchObject({ code: 'KAFKA_REFUSED', fate: 'crash' });
  });

  test('its code is the protocol type where there is one, else the name at the root', () => {
    expect(outageCode(wrapped(error('KafkaJSProtocolError', { type: 'NOT_COORDINATOR_FOR_GROUP' })))).toBe(
      'NOT_COORDINATOR_FOR_GROUP',
    );
    expect(outageCode(wrapped(error('KafkaJSConnectionError')))).toBe('KafkaJSConnectionError');
  });
});
