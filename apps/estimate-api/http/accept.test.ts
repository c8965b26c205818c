import { describe, expect, test } from '@jest/globals';
import { BATCH, VIEW } from '../testing/addresses.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';
import { streamFormatOf } from './accept.ts';

const openBench = apiBenchesOfFile();
const formOf = (accept: string | undefined): string => streamFormatOf(accept)?.name ?? 'json';

test.each([
  ['nothing is said', undefined],
  ['anything goes', '*/*'],
  ['JSON is asked for', 'application/json'],
  ['JSON is asked for with a parameter', 'application/json; charset=utf-8'],
  ['JSON in other letters', 'Application/JSON'],
  ['any application goes', 'application/*'],
  ['a browser opens the address', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'],
  ['a client of axios asks', 'application/json, text/plain, */*'],
  ['both are asked for alike', 'application/json, text/event-stream'],
  ['both are asked for alike, the stream first', 'text/event-stream, application/json'],
  ['JSON is preferred', 'text/event-stream;q=0.5, application/json'],
  ['nothing of it is understood', 'json'],
  ['it is empty', ''],
  ['it is noise', ';;q=,=,/'],
  ['streams are refused', 'application/x-ndjson;q=0, text/event-stream;q=0, */*;q=0.1'],
])('JSON when %s', (_when, accept) => {
  expect(formOf(accept)).toBe('json');
});

test.each([
  ['a browser opens an EventSource', 'text/event-stream', 'event-stream'],
  ['it is named beside anything', 'text/event-stream, */*', 'event-stream'],
  ['any text goes', 'text/*', 'event-stream'],
  ['JSON is less wanted', 'application/json;q=0.9, text/event-stream', 'event-stream'],
  ['JSON is not wanted', 'application/json;q=0, */*', 'event-stream'],
  ['events are not wanted either', 'application/json;q=0, text/event-stream;q=0, */*', 'ndjson'],
  ['lines are asked for', 'application/x-ndjson', 'ndjson'],
  ['lines are asked for in odd letters and spaces', '  Application/X-NDJSON ; q=0.001 ', 'ndjson'],
  ['lines are wanted more', 'text/event-stream;q=0.2, application/x-ndjson;q=0.21', 'ndjson'],
  ['an application is excepted', 'application/*;q=0, text/event-stream;q=0.1', 'event-stream'],
  ['a quality is not one', 'application/x-ndjson;q=2', 'ndjson'],
])('a stream when %s', (_when, accept, form) => {
  expect(formOf(accept)).toBe(form);
});

describe('nothing that can be had', () => {
  const NONE = ['text/html', 'application/json;q=0', 'application/x-ndjson;q=0.000', 'image/*', '*/*;q=0'];

  test.each(NONE)('%s is refused where an answer has several forms, with what there is', async (accept) => {
    const { app } = await openBench();
    const asked = [
      await app.inject({ method: 'POST', url: BATCH, payload: { propertyIds: ['p1'] }, headers: { accept } }),
      await app.inject({ url: `/v1/map/estimates?${VIEW}`, headers: { accept } }),
    ];
    for (const { statusCode, headers, body } of asked) {
      expect([statusCode, headers['content-type'], JSON.parse(body)]).toEqual([
        406,
        'application/problem+json; charset=utf-8',
        expect.objectContaining({
          code: 'not-acceptable',
          detail: 'this is answered as application/json, text/event-stream, application/x-ndjson',
        }),
      ]);
    }
  });

  test('an answer of one form is given all the same', async () => {
    const { app } = await openBench();
    const headers = { accept: 'text/html' };
    expect((await app.inject({ url: '/v1/estimates/p1', headers })).statusCode).toBe(200);
    expect((await app.inject({ url: `/v1/map/density?${VIEW}`, headers })).statusCode).toBe(200);
  });
});
