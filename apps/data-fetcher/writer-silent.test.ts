import { describe, expect, test } from '@jest/globals';
import { createFetcherBench, estimate, valuesOf } from './testing/fetcher-bench.ts';

describe('a writer that is silent', () => {
  test('stops the paying for its partition until it speaks', async () => {
    const { clock, progress, request, run, upstream } = createFetcherBench({ p1: estimate(5) });
    const record = await request('p1');
    clock.after(300, () => void progress.beat([0]));
    const { sent, retried } = await run(record);
    expect(new Set(retried)).toEqual(new Set(['WRITER_SILENT']));
    expect(valuesOf(sent)).toEqual([{ p1: 5 }]);
    expect(upstream.calls).toEqual([['p1']]);
  });

  test('is waited for up to the deadline, and then nothing is paid', async () => {
    const { request, run, upstream } = createFetcherBench({ p1: estimate(5) });
    const { dropped } = await run(await request('p1'));
    expect({ dropped, calls: upstream.calls }).toEqual({ dropped: ['late'], calls: [] });
  });

  test('on one partition does not stop another', async () => {
    const { progress, request, run } = createFetcherBench({ p1: estimate(5) });
    await progress.beat([1]);
    const { sent } = await run({ ...(await request('p1')), partition: 1 });
    expect(valuesOf(sent)).toEqual([{ p1: 5 }]);
  });
});
