import { describe, expect, test } from '@jest/globals';
import { readAnswer } from './api-answer.ts';
import { headersOf, pathOf } from './api-request.ts';
import type { PlannedCall } from './planned-call.ts';

describe('an answer', () => {
  test('of a map counts homes by status and required role', () => {
    const body = {
      homes: [
        { latitude: 1, longitude: 2, result: { propertyId: 'a', status: 'available', estimate: {} } },
        { latitude: 1, longitude: 2, result: { propertyId: 'b', status: 'restricted', requiredRole: 'agent' } },
        { latitude: 1, longitude: 2, result: { propertyId: 'c', status: 'restricted', requiredRole: 'registered' } },
        { latitude: 1, longitude: 2, result: { propertyId: 'd', status: 'pending' } },
      ],
      truncated: true,
      pending: 1,
    };
    expect(readAnswer('map', 200, JSON.stringify(body))).toEqual({
      httpStatus: 200,
      problemCode: undefined,
      statuses: { available: 1, restricted: 2, pending: 1 },
      requiredRoles: { agent: 1, registered: 1 },
      isTruncated: true,
    });
  });

  test('of a single get is one home', () => {
    const { statuses } = readAnswer('single', 200, '{"propertyId":"a","status":"withheld"}');
    expect(statuses).toEqual({ withheld: 1 });
  });

  test('404 of a single get is an unknown home, with its code', () => {
    const answer = readAnswer('single', 404, '{"code":"unknown-property","status":404}');
    expect(answer).toMatchObject({ statuses: { unknown: 1 }, problemCode: 'unknown-property' });
  });

  test('that is a problem counts its code and no home', () => {
    expect(readAnswer('map', 422, '{"code":"zoom-too-far","status":422}')).toMatchObject({
      statuses: {},
      problemCode: 'zoom-too-far',
    });
    expect(readAnswer('map', 502, '<html>').problemCode).toBe('not-json');
    expect(readAnswer('map', 500, '{}').problemCode).toBe('no-code');
  });
});

describe('a call', () => {
  const session = { atMs: 0, sessionId: 's-1', role: 'agent' } as const;
  const viewport = { west: -122.4, south: 47.6, east: -122.3, north: 47.65 };
  const view: PlannedCall = { ...session, kind: 'map', act: 'pan', viewport, zoom: 16, limit: 500 };

  test('has the path of the API', () => {
    expect(pathOf(view)).toBe(
      '/v1/map/estimates?west=-122.4000000&south=47.6000000&east=-122.3000000&north=47.6500000&zoom=16&limit=500',
    );
    expect(pathOf({ ...view, kind: 'density', zoom: 13 })).toMatch(/^\/v1\/map\/density\?west=.*&zoom=13$/);
    expect(pathOf({ ...session, kind: 'single', propertyId: 'kc-1' })).toBe('/v1/estimates/kc-1');
    // only what may wait for an estimate is told how long
    expect(pathOf({ ...session, kind: 'single', propertyId: 'kc-1' }, 5_000)).toBe(
      '/v1/estimates/kc-1?deadlineMs=5000',
    );
    expect(pathOf(view, 0)).toMatch(/^\/v1\/map\/estimates\?west=.*&deadlineMs=0$/);
    expect(pathOf({ ...view, kind: 'density', zoom: 13 }, 5_000)).not.toContain('deadlineMs');
  });

  test('carries the session, and a token only if there is one', () => {
    expect(headersOf(view, 'abc')).toEqual({
      accept: 'application/json',
      'x-session-id': 's-1',
      authorization: 'Bearer abc',
    });
    expect(headersOf(view, undefined)).toEqual({ accept: 'application/json', 'x-session-id': 's-1' });
  });
});
