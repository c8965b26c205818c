import { expect } from '@jest/globals';
import { problems, type ProblemCode } from '../http/problem.ts';
import type { RawAnswer } from './raw-http.ts';
import { EVENT_STREAM, NDJSON } from './stream-client.ts';

/** What an answer may be. @throws what is wrong with it */
export function judgeAnswer({ status, headers, body, isCut }: RawAnswer, isHead: boolean): void {
  if (status >= 500) throw new Error(`${status}: ${body}`);
  if (status === 100) return;
  expect(headers['cache-control']).toBe('private, no-store');
  expect(headers['x-request-id']).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
  if (status === 200 && !isHead && isCut !== true) judgeStream(headers['content-type'] ?? '', body);
  if (status < 400 || isHead) return;
  expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
  const problem = JSON.parse(body) as { code: ProblemCode; status: number };
  expect([problems[problem.code]?.status, problem.status]).toEqual([status, status]);
}

/** What a whole stream may be: events of JSON, of which the last and no other is the end. @throws what is wrong with it */
function judgeStream(type: string, body: string): void {
  const event = type === EVENT_STREAM ? /event: (\w+)\n(?:id: end\n)?data: (.*)\n\n/g : /\{"(\w+)":(.*)\}\n/g;
  if (type !== EVENT_STREAM && type !== NDJSON) return;
  const seen = [...body.matchAll(event)];
  expect(seen.map(([whole]) => whole).join('')).toBe(body);
  for (const [, , data = ''] of seen) JSON.parse(data);
  expect(seen.map(([, name]) => name).filter((name) => name !== 'result' && name !== 'home')).toEqual(['end']);
  expect(seen.at(-1)?.[1]).toBe('end');
}
