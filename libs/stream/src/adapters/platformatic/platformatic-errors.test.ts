import { expect, test } from '@jest/globals';
import {
  AuthenticationError,
  MultipleErrors,
  NetworkError,
  ResponseError,
  TimeoutError,
  UserError,
} from '@platformatic/kafka';
import { StreamError } from '../../errors.ts';
import { asStreamError, brokerSaid, isOutage, outageCode } from './platformatic-errors.ts';

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
const noBroker = new MultipleErrors('Cannot connect to any broker.', [new NetworkError('failed', { cause: refused })]);
const brokerError = (code: number): Error => new ResponseError(12, 4, { '': [code, null] }, {});

test.each([
  ['no broker answers', noBroker, true, 'ECONNREFUSED'],
  ['a request timed out', new TimeoutError('Request timed out'), true, 'PLT_KFK_NETWORK'],
  ['a topic that may yet come', new UserError('Unknown topic in.'), true, 'UNKNOWN_TOPIC_OR_PARTITION'],
  ['the coordinator has moved', brokerError(16), true, 'NOT_COORDINATOR'],
  ['a static place is held by a dead process', brokerError(111), true, 'UNRELEASED_INSTANCE_ID'],
  ['a name is used twice', brokerError(82), false, 'FENCED_INSTANCE_ID'],
  ['not allowed', brokerError(30), false, 'GROUP_AUTHORIZATION_FAILED'],
  ['a wrong password', new AuthenticationError('no', { cause: refused }), false, 'ECONNREFUSED'],
  ['a mistake of ours', new UserError('The producer is in use.'), false, 'PLT_KFK_USER'],
  ['a bug', new TypeError('x is undefined'), false, 'TypeError'],
])('%s', (_what, error, passes, code) => {
  expect([isOutage(error), outageCode(error)]).toEqual([passes, code]);
  expect(asStreamError(error, 'produce')).toMatchObject(
    passes ? { code: 'KAFKA_UNAVAILABLE', fate: 'retry' } : { code: 'KAFKA_REFUSED', fate: 'crash' },
  );
});

test('one partition that is refused for good outweighs the others that may pass', () => {
  const mixed = new ResponseError(0, 11, { '/0': [6, null], '/1': [29, null] }, {});
  expect([isOutage(mixed), brokerSaid(mixed)]).toEqual([false, 'NOT_LEADER_OR_FOLLOWER']);
});

test('an error of ours stays as it is', () => {
  const ours = new StreamError('KAFKA_UNAVAILABLE', 'retry', 'closed');
  expect(asStreamError(ours, 'produce')).toBe(ours);
});
