import { expect, test } from '@jest/globals';
import { judgeAnswer } from './judge-answer.ts';
import type { RawAnswer } from './raw-http.ts';
import { EVENT_STREAM, NDJSON } from './stream-client.ts';

test('a judge that would let a broken answer through is no judge', () => {
  const sound = {
    'cache-control': 'private, no-store',
    'x-request-id': 'a',
    'content-type': 'application/problem+json; charset=utf-8',
  };
  const refused = (answer: RawAnswer) => expect(() => judgeAnswer(answer, false)).toThrow();
  expect(() =>
    judgeAnswer({ status: 404, headers: sound, body: '{"code":"unknown-route","status":404}' }, false),
  ).not.toThrow();
  refused({ status: 500, headers: sound, body: '{}' });
  refused({ status: 503, headers: sound, body: '{"code":"stopping","status":503}' });
  refused({ status: 404, headers: sound, body: '{"code":"unknown-property","status":400}' });
  refused({ status: 400, headers: sound, body: '{"code":"made-up","status":400}' });
  refused({ status: 400, headers: sound, body: '' });
  refused({
    status: 400,
    headers: { ...sound, 'content-type': 'text/plain' },
    body: '{"code":"invalid-request","status":400}',
  });
  refused({ status: 200, headers: { ...sound, 'cache-control': 'public' }, body: '{}' });
  const stream = (type: string, body: string) => ({ status: 200, headers: { ...sound, 'content-type': type }, body });
  expect(() => judgeAnswer(stream(NDJSON, '{"result":{}}\n{"end":{}}\n'), false)).not.toThrow();
  expect(() => judgeAnswer(stream(EVENT_STREAM, 'event: end\nid: end\ndata: {}\n\n'), false)).not.toThrow();
  expect(() => judgeAnswer({ ...stream(NDJSON, '{"result":{}}\n'), isCut: true }, false)).not.toThrow();
  refused(stream(NDJSON, '{"result":{}}\n'));
  refused(stream(NDJSON, '{"end":{}}\n{"result":{}}\n'));
  refused(stream(NDJSON, '{"result":{"a":}}\n{"end":{}}\n'));
  refused(stream(NDJSON, '{"result":{}}\n{"end":{}}'));
  refused(stream(EVENT_STREAM, 'event: result\ndata: {}\n\n'));
  refused(stream(EVENT_STREAM, 'event: problem\ndata: {}\n\n'));
});
