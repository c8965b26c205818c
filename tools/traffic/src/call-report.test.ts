import { expect, test } from '@jest/globals';
import type { ApiAnswer } from './api-answer.ts';
import { createCallReport } from './call-report.ts';
import type { PlannedCall } from './planned-call.ts';

const single = (sessionId: string): PlannedCall => ({
  kind: 'single',
  atMs: 0,
  sessionId,
  role: 'agent',
  propertyId: 'p',
});
const answer: ApiAnswer = {
  httpStatus: 200,
  problemCode: undefined,
  statuses: { available: 1 },
  requiredRoles: {},
  isTruncated: false,
};

test('counts what became of the calls, by kind', () => {
  const report = createCallReport(() => 0);
  for (let ms = 1; ms <= 100; ms += 1) report.answered(single('a'), answer, ms);
  report.answered(single('b'), { ...answer, httpStatus: 503, problemCode: 'overloaded', statuses: {} }, 50);
  report.failed(single('c'), Object.assign(new Error('connect to 10.0.0.1'), { code: 'ECONNREFUSED' }), 5);
  report.shed(single('c'));
  const { single: seen, map, sessions } = report.snapshot();
  expect(sessions).toBe(3);
  expect(map.planned).toBe(0);
  expect(seen).toMatchObject({
    planned: 103,
    answered: 101,
    failed: 1,
    shed: 1,
    httpStatuses: { 200: 100, 503: 1 },
    statuses: { available: 100 },
    problems: { overloaded: 1, ECONNREFUSED: 1 },
  });
  expect(Math.abs(seen.p50Ms - 50)).toBeLessThan(0.5);
  expect(Math.abs(seen.p90Ms - 90)).toBeLessThan(1);
  expect(Math.abs(seen.maxMs - 100)).toBeLessThan(0.2);
});

test('a snapshot does not change afterwards', () => {
  const report = createCallReport(() => 0);
  const before = report.snapshot();
  report.answered(single('a'), answer, 1);
  expect(before.single.answered).toBe(0);
});
