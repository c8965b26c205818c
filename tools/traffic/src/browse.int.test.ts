import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { browse } from './browse.ts';
import type { TrafficReport } from './call-report.ts';
import { planSessions } from './plan-sessions.ts';
import { scatteredCity } from './testing/grid-city.ts';
import { baseWorkload } from './workload.ts';

const homes = scatteredCity(500);
// a plan also walks the sessions of the ten minutes before it; at this rate some dozen calls fall into half a second
const workload = { ...baseWorkload, sessionsPerMinute: 30 };
const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => (server.closeAllConnections(), server.close())));

interface Asked {
  url: string;
  session: string;
  token: string;
}

/** A server that answers every call alike, or never. */
async function served(body: string | undefined): Promise<{ apiUrl: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const headers = request.headers;
    asked.push({
      url: request.url ?? '',
      session: String(headers['x-session-id']),
      token: headers.authorization ?? '',
    });
    if (body !== undefined) response.setHeader('content-type', 'application/json').end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const sumOf = ({ map, single, density }: TrafficReport, what: 'shed' | 'failed'): number =>
  map[what] + single[what] + density[what];

describe('browsing a server', () => {
  const planned = [...planSessions(1, workload, homes, { durationMs: 500 })];

  test('asks what the plan says, with the tokens of the roles, and reports what came back', async () => {
    const { apiUrl, asked } = await served(
      '{"homes":[{"result":{"status":"available"}}],"propertyId":"p","status":"none"}',
    );
    const ticks: TrafficReport[] = [];
    const tokenOf = (role: string): string | undefined => (role === 'unregistered' ? undefined : `token-of-${role}`);
    const report = await browse({
      apiUrl,
      seed: 1,
      workload,
      homes,
      tokenOf,
      durationMs: 500,
      tickMs: 50,
      onTick: (seen) => ticks.push(seen),
    });
    const sessions = new Set(planned.map(({ sessionId }) => sessionId));
    expect(planned.length).toBeGreaterThan(10);
    expect(new Set(planned.map(({ role }) => role)).size).toBeGreaterThan(1);
    expect(asked).toHaveLength(planned.length);
    expect(new Set(asked.map(({ session }) => session))).toEqual(sessions);
    const tokens = new Map(
      planned.map(({ sessionId, role }) => [sessionId, role === 'unregistered' ? '' : `Bearer token-of-${role}`]),
    );
    expect(asked.filter(({ session, token }) => tokens.get(session) !== token)).toEqual([]);
    const maps = planned.filter(({ kind }) => kind === 'map').length;
    expect(report.map).toMatchObject({
      planned: maps,
      answered: maps,
      failed: 0,
      shed: 0,
      httpStatuses: { 200: maps },
      statuses: { available: maps },
    });
    expect(report.sessions).toBe(sessions.size);
    expect(ticks.length).toBeGreaterThan(0);
  });

  test('says how long it waits, and tells an observer of every call, those that are not counted too', async () => {
    const { apiUrl, asked } = await served('{"homes":[],"propertyId":"p","status":"none"}');
    const told: string[] = [];
    const note = ({ kind, atMs }: { kind: string; atMs: number }): void => void told.push(`${kind} ${atMs}`);
    const report = await browse({
      apiUrl,
      seed: 1,
      workload,
      homes,
      tokenOf: () => undefined,
      durationMs: 500,
      countFromMs: 250,
      deadlineMs: 5_000,
      observer: { answered: note, failed: note, shed: note },
    });
    expect(told.sort()).toEqual(planned.map(({ kind, atMs }) => `${kind} ${atMs}`).sort());
    const counted = planned.filter(({ kind, atMs }) => kind === 'map' && atMs >= 250);
    expect(report.map.answered).toBe(counted.length);
    const waiting = planned.filter(({ kind }) => kind !== 'density').length;
    expect(asked.filter(({ url }) => url.includes('deadlineMs=5000'))).toHaveLength(waiting);
  });

  test('a server that never answers does not slow the arrivals: what is too much is shed', async () => {
    const { apiUrl, asked } = await served(undefined);
    const stop = new AbortController();
    const options = {
      apiUrl,
      seed: 1,
      workload,
      homes,
      tokenOf: () => undefined,
      durationMs: 500,
      signal: stop.signal,
    };
    const report = await browse({
      ...options,
      inFlightMax: 3,
      tickMs: 20,
      onTick: (seen) => {
        // the whole plan has been sent or shed
        if (sumOf(seen, 'shed') >= planned.length - 3) stop.abort();
      },
    });
    expect(sumOf(report, 'shed')).toBe(planned.length - 3);
    expect(sumOf(report, 'failed')).toBe(3);
    expect(asked).toHaveLength(3);
  });
});
