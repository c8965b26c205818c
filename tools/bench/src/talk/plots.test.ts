import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { plotPoints, sharedScale } from './plot-lines.ts';
import type { SeenCall } from './seen-calls.ts';
import { talkFigures } from './talk-figures.ts';
import { writePlots } from './write-plots.ts';

const seenAt = (atMs: number, latencyMs: number): SeenCall => ({
  kind: 'single',
  call: { atMs, sessionId: 's', role: 'agent', kind: 'single', propertyId: 'a' },
  meantAt: 0,
  endedAt: 0,
  latencyMs,
  pending: 0,
  end: 'answered',
});

test('a piece of the run has the quantiles of the calls that were meant to be sent in it', () => {
  const calls = [seenAt(39_999, 9), seenAt(20_000, 1), seenAt(29_999, 3), seenAt(25_000, 2)];
  const points = plotPoints(calls, { fromMs: 20_000, bucketMs: 10_000 });
  expect(points.map(({ atS, calls: count }) => [atS, count])).toEqual([
    [5, 3],
    [15, 1],
  ]);
  expect(points.map(({ p50Ms, p90Ms }) => [Math.round(p50Ms), Math.round(p90Ms)])).toEqual([
    [2, 3],
    [9, 9],
  ]);
});

test('plots of one kind share whole decades', () => {
  const point = { atS: 0, calls: 1, p50Ms: 3, p90Ms: 40 };
  expect(sharedScale([[point], [{ ...point, p90Ms: 1_200 }]])).toEqual({ minMs: 1, maxMs: 10_000 });
  expect(sharedScale([[{ ...point, p50Ms: 0.4 }]])).toEqual({ minMs: 0.1, maxMs: 100 });
  expect(sharedScale([[]])).toEqual({ minMs: 1, maxMs: 1_000 });
});

test('each kind and arm has a plot with a legend, units, and the talk’s figures', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'porchlight-talk-'));
  try {
    const calls = [seenAt(1_000, 40), seenAt(11_000, 60)];
    const files = await writePlots({
      folder,
      seen: { before: calls, after: calls, afterEvents: [] },
      figures: talkFigures({ before: [], after: [], afterEvents: [] }),
      tuning: { strategy: 'thin-ring', homesPerForecast: 0, lingerMs: 0 },
      bucketS: 10,
      fromS: 0,
      warmUpS: 5,
      measuredS: 15,
    });
    expect(files.map((file) => basename(file))).toEqual([
      'single-before.svg',
      'single-after.svg',
      'single-after-events.svg',
      'multi-before.svg',
      'multi-after.svg',
      'multi-after-events.svg',
    ]);
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    for (const text of texts) {
      expect(text).toMatch(/^<svg /);
      for (const words of ['the talk, p50', 'the talk, p90', 'ms to a complete answer', 'seconds from an empty cache'])
        expect(text).toContain(words);
    }
    const decades = (text: string): string[] =>
      [...text.matchAll(/>(1|10|100|1,000|10,000)</g)].map(([, at]) => at ?? '');
    expect(decades(texts[0] ?? '')).toEqual(decades(texts[1] ?? ''));
    expect(decades(texts[0] ?? '').length).toBeGreaterThan(1);
    expect(texts[0]).toContain('Single get, before: no cache');
    expect(texts[4]).toContain('Map, after: cache and warm-up (thin-ring)');
  } finally {
    await rm(folder, { recursive: true });
  }
});
