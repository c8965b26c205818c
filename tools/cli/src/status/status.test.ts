import { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { topics } from '@porchlight/contracts';
import { feedPartitionName, type MarkReading } from '@porchlight/estimate-cache';
import { parseMetrics } from '@porchlight/telemetry';
import { quitByKey } from '../terminal/watch-keys.ts';
import { apiFigures } from './api-figures.ts';
import { FleetLook, feedFigures, type FleetStatus } from './fleet-status.ts';
import { printStatus, printStatusLine } from './print-status.ts';
import { readMetrics } from './read-metrics.ts';

const page = (hits: number, misses: number, slow: number): string => `# HELP x
porchlight_estimate_api_items_total{status="available",source="hit"} ${hits}
porchlight_estimate_api_items_total{status="pending",source="miss"} ${misses}
porchlight_estimate_api_items_total{status="unknown",source="miss"} 1000
porchlight_estimate_api_answer_duration_seconds_bucket{route="map",le="0.01"} 100
porchlight_estimate_api_answer_duration_seconds_bucket{route="map",le="0.1"} ${100 + slow}
porchlight_estimate_api_answer_duration_seconds_bucket{route="map",le="+Inf"} ${100 + slow}
porchlight_estimate_api_answer_duration_seconds_count{route="map"} ${100 + slow}
porchlight_estimate_api_upstream_calls_total{outcome="ok",lane="sync"} 7`;

describe('what estimate-api says', () => {
  test('homes that do not exist count for nothing, and a pending one is a miss', () => {
    const figures = apiFigures(parseMetrics(page(80, 20, 0)));
    expect(figures).toMatchObject({ homes: 100, hitRate: 0.8, calls: 100, paidCalls: 7 });
    expect(figures.p99Ms).toBeCloseTo(9.9, 5);
  });

  test('without a call nothing is known', () => {
    expect(apiFigures(parseMetrics(''))).toMatchObject({ homes: 0, hitRate: null, p50Ms: null, p99Ms: null });
  });
});

describe('several processes', () => {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed));
  });
  const serve = async (text: () => string) => {
    const server = createServer((_, response) => void response.end(text()));
    servers.push(server);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  };

  test('are added up, and one that is away is named and hides no other', async () => {
    const urls = [await serve(() => page(80, 20, 0)), await serve(() => page(20, 80, 0))];
    const gone = await serve(() => '');
    await new Promise((closed) => servers.pop()?.close(closed));
    const { scrape, answered, away } = await readMetrics([...urls, gone]);
    expect([apiFigures(scrape).hitRate, apiFigures(scrape).homes, answered]).toEqual([0.5, 200, 2]);
    expect(away).toEqual([`${new URL(gone).host} (ECONNREFUSED)`]);
  });

  test('of two looks the second tells what rose in between, process by process', async () => {
    let hits = 100;
    const urls = [await serve(() => page(hits, 0, 0)), await serve(() => page(100, hits - 100, 0))];
    const away = () => Promise.reject(new Error('away'));
    const fleet = new FleetLook({
      kafka: away,
      cache: away,
      catalog: { relayProgress: away },
      keyGeneration: 'e1',
      metricsUrls: urls,
      now: () => 0,
    });
    await fleet.look({ sinceLast: true });
    hits = 130;
    expect((await fleet.look({ sinceLast: true })).api).toMatchObject({ homes: 60, hitRate: 0.5 });
    expect((await fleet.look({ sinceLast: false })).api).toMatchObject({ homes: 260 });
  });
});

describe('the feed', () => {
  const NOW = 1_764_000_000_000;
  const progress = { publishedUntilAt: NOW - 500, partitions: { t: 1 }, readAt: NOW };
  const estimates = topics.estimateUpdated;
  const reading = (ageMs: number, estimatesAgeMs: number): MarkReading => ({
    run: 'r',
    sinceAt: 0,
    partitions: {
      't/0': { nextOffset: 1n, untilAt: NOW - ageMs },
      ...Object.fromEntries(
        Array.from({ length: estimates.partitions }, (_, partition) => [
          feedPartitionName({ topic: estimates.name, partition }),
          { nextOffset: 1n, untilAt: NOW - estimatesAgeMs },
        ]),
      ),
    },
  });

  test('is as old as its oldest bucket', () => {
    expect(feedFigures([reading(700, 900), reading(2_000, 100)], progress)).toEqual({
      relayMs: 500,
      marksMs: 2_000,
      estimatesMs: 900,
      bucketsAway: 0,
      bucketsUnmarked: 0,
    });
  });

  test('that one bucket does not tell is not known', () => {
    const silent = { run: 'r', sinceAt: 0, partitions: {} };
    expect(feedFigures([reading(700, 900), silent, null], progress)).toMatchObject({
      marksMs: null,
      estimatesMs: null,
      bucketsAway: 1,
      bucketsUnmarked: 1,
    });
    expect(feedFigures([reading(700, 900)], null)).toMatchObject({ relayMs: null, marksMs: null });
  });
});

describe('on the screen', () => {
  const status: FleetStatus = {
    at: 0,
    groups: { error: 'no answer from Kafka\u001b[2J' },
    feed: { relayMs: 400, marksMs: 1_200, estimatesMs: null, bucketsAway: 0, bucketsUnmarked: 3 },
    upstream: { requestsLeft: 12.7, itemsLeft: 1_000, drawnMsAgo: 300, pauseUserMs: 0, pauseBackgroundMs: 2_500 },
    api: null,
  };
  test('a part that is away says so beside the others, and steers nothing', () => {
    expect(printStatus(status, 'since')).toBe(
      [
        'porchlight, 1970-01-01T00:00:00.000Z',
        '',
        'groups     no answer from Kafka\\u001b[2J',
        '',
        'changes    in Kafka up to 0.4 s ago, applied in every bucket up to 1.2 s, new estimates up to not known; 3 buckets that nobody marks',
        'upstream   12 calls and 1,000 homes were left 0.3 s ago; paused: warm-ups 2.5 s more',
        'api        say --metrics url,... for hit rate and latency',
      ].join('\n'),
    );
  });

  test('one line where there is no screen', () => {
    expect(printStatusLine(status)).toBe('1970-01-01T00:00:00.000Z  lag: groups away  changes 1.2 s  pause yes');
  });
});

describe('top ends', () => {
  const keyboard = () => {
    const raw: boolean[] = [];
    const input = Object.assign(new EventEmitter(), {
      setRawMode: (mode: boolean) => void raw.push(mode),
      resume: () => undefined,
      pause: () => undefined,
    });
    return { raw, input, typed: input as unknown as NodeJS.ReadStream };
  };
  const terminal = { isInteractive: true, isScreen: true, stopped: new AbortController().signal };

  test.each([['q'], ['\u0003']])('by the key %j, and gives the keyboard back', (key) => {
    const { raw, input, typed } = keyboard();
    const { quit, close } = quitByKey(terminal, typed);
    input.emit('data', Buffer.from('x'));
    expect(quit.aborted).toBe(false);
    input.emit('data', Buffer.from(key));
    close();
    expect([quit.aborted, raw, input.listenerCount('data')]).toEqual([true, [true, false], 0]);
  });

  test('without a screen no key is read, and a signal ends it', () => {
    const { raw, typed } = keyboard();
    const stopping = new AbortController();
    const { quit } = quitByKey({ isInteractive: true, isScreen: false, stopped: stopping.signal }, typed);
    stopping.abort();
    expect([quit.aborted, raw]).toEqual([true, []]);
  });
});
