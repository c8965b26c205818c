import { judgeHome, type Bounds, type HomeVerdict } from './judge-home.ts';
import { readShare, SHARES } from './record-files.ts';

const EXAMPLES_MAX = 10;

const nothing: HomeVerdict = {
  reads: 0,
  hits: 0,
  invalidations: 0,
  staleReads: 0,
  staleMsMax: 0,
  staleEstimates: 0,
  staleEstimateMsMax: 0,
  violations: [],
};

const sum = (all: HomeVerdict, one: HomeVerdict): HomeVerdict => ({
  reads: all.reads + one.reads,
  hits: all.hits + one.hits,
  invalidations: all.invalidations + one.invalidations,
  staleReads: all.staleReads + one.staleReads,
  staleMsMax: Math.max(all.staleMsMax, one.staleMsMax),
  staleEstimates: all.staleEstimates + one.staleEstimates,
  staleEstimateMsMax: Math.max(all.staleEstimateMsMax, one.staleEstimateMsMax),
  violations: [...all.violations, ...one.violations].slice(0, EXAMPLES_MAX),
});

/** Judges the files of a run, one share of the homes at a time: a history may be larger than memory. */
export async function judgeRecords(folder: string, bounds: Bounds | null): Promise<HomeVerdict> {
  let all = nothing;
  for (let share = 0; share < SHARES; share += 1) {
    for (const records of (await readShare(folder, share)).values()) all = sum(all, judgeHome(records, bounds));
  }
  return all;
}
