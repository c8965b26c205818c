import { afterEach } from '@jest/globals';
import { createApiBench, type ApiBench, type ApiBenchOptions } from './api-bench.ts';
import { estimateOf } from './reading-bench.ts';

/** For a file of tests. @returns opens the HTTP side with one home, `p1`, that has an estimate; closed when its test ends */
export function apiBenchesOfFile(): (options?: ApiBenchOptions) => Promise<ApiBench> {
  const opened: ApiBench[] = [];
  afterEach(async () => {
    for (const { app } of opened.splice(0)) await app.close();
  });
  return async (options) => {
    const all = await createApiBench(options);
    opened.push(all);
    all.home('p1');
    all.source.set('p1', estimateOf(1));
    return all;
  };
}
