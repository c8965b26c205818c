import type { EstimateCache } from '@porchlight/estimate-cache';
import type { Say } from '../bench.ts';
import { rounded } from '../quantiles.ts';
import type { BareRedis } from './bare-redis.adapter.ts';
import { valueKeyAt } from './homes.ts';
import { interleave, type Work } from './interleave.ts';

/** Calls at once: a process of estimate-api under load; and one after the other, where the round trip counts most. */
const AT_ONCE = 8;
const BATCHES = 64;

export interface ReadFigures {
  readonly getRatio: number;
  readonly mget100Ratio: number;
  readonly mget200Ratio: number;
  readonly getAloneRatio: number;
  readonly mget100AloneRatio: number;
  readonly mget200AloneRatio: number;
  /** Against a stricter twin, whose keys are made before it is asked. */
  readonly getKeysGivenRatio: number;
  readonly mget100KeysGivenRatio: number;
  readonly mget200KeysGivenRatio: number;
  /** Against a twin whose client gathers the GETs of one turn into a pipeline by itself, as ours writes them together. */
  readonly getPipelinedRatio: number;
  /** Ours with each value's facts, soft expiry and bytes looked at, over a twin that looks at nothing. */
  readonly mget200UsedRatio: number;
  /** The twin's processor time over ours, for a call: what a busy machine blurs least. */
  readonly getCpuRatio: number;
  readonly mget100CpuRatio: number;
  readonly mget200CpuRatio: number;
  readonly getPerS: number;
  readonly mget200PerS: number;
}

interface Pair {
  readonly ours: Work;
  /** Asked as ours is, by ids; it makes a key of each. */
  readonly twin: Work;
  /** Its keys are made before. */
  readonly twinWithKeys: Work;
  /** Asked by ids, one at a time; its client pipelines. */
  readonly twinPipelined: Work;
}

const sides = {
  twin: '',
  twinWithKeys: ', the keys of the twin given',
  twinPipelined: ', the twin pipelines by itself',
} as const;
type Side = keyof typeof sides;

/** A key as one would have it without buckets. */
const plainKeyOf = (propertyId: string): string => `home:${propertyId}`;
const COPY_BATCH = 500;
const COPY_TTL_MS = 3_600_000;

/** The same bytes under plain keys, for a twin that makes its keys from ids. */
async function copyValues(bare: BareRedis, propertyIds: readonly string[]): Promise<void> {
  for (let at = 0; at < propertyIds.length; at += COPY_BATCH) {
    await Promise.all(
      propertyIds.slice(at, at + COPY_BATCH).map(async (id) => {
        const value = await bare.get(valueKeyAt(id));
        if (value !== null) await bare.set(plainKeyOf(id), value, COPY_TTL_MS);
      }),
    );
  }
}

/** Batches of homes drawn at random, and a hand that goes round them: both sides read the same. */
function batchesOf(propertyIds: readonly string[], size: number): { ids: string[]; keys: string[] }[] {
  return Array.from({ length: BATCHES }, () => {
    const ids = Array.from({ length: size }, () => propertyIds[Math.floor(Math.random() * propertyIds.length)] ?? '');
    return { ids, keys: ids.map(valueKeyAt) };
  });
}

function workOf(cache: EstimateCache, bare: BareRedis, propertyIds: readonly string[], size: number): Pair {
  const batches = batchesOf(propertyIds, size);
  const empty = { ids: [], keys: [] };
  let [ourTurn, twinTurn] = [0, 0];
  const isOne = size === 1;
  const next = () => batches[ourTurn++ % BATCHES] ?? empty;
  const nextTwin = () => batches[twinTurn++ % BATCHES] ?? empty;
  return {
    ours: () => cache.read(next().ids),
    twin: isOne ? () => bare.get(plainKeyOf(nextTwin().ids[0] ?? '')) : () => bare.mget(nextTwin().ids.map(plainKeyOf)),
    twinPipelined: () => bare.getPipelined(plainKeyOf(nextTwin().ids[0] ?? '')),
    twinWithKeys: isOne ? () => bare.get(nextTwin().keys[0] ?? '') : () => bare.mget(nextTwin().keys),
  };
}

let looked = 0;
/** What estimate-api looks at in a hit: its facts, whether it is softly expired, and the bytes that it sends. */
async function readAndLook(read: Work): Promise<void> {
  for (const value of (await read()) as Awaited<ReturnType<EstimateCache['read']>>) {
    if (value !== null) looked += value.facts.checkedAt + value.softExpiryAt + (value.estimateJson?.length ?? 0);
  }
  if (Number.isNaN(looked)) throw new Error('a value that is none');
}

/**
 * GET and MGET against bare ioredis on the same servers. Both are asked by ids. The twin makes a plain key of each and takes the
 * bytes as they come; ours finds the bucket of each, and checks and wraps each value.
 */
export async function measureReads(
  { cache, bare }: { readonly cache: EstimateCache; readonly bare: BareRedis },
  propertyIds: readonly string[],
  { pairs, sliceMs, say }: { readonly pairs: number; readonly sliceMs: number; readonly say: Say },
): Promise<ReadFigures> {
  const compare = async (name: string, pair: Pair, atOnce: number, side: Side = 'twin') => {
    const { ratio, perS, twinPerS, cpuRatio } = await interleave(pair.ours, pair[side], { pairs, sliceMs, atOnce });
    const perSText = `${Math.round(perS).toLocaleString('en-US')} against ${Math.round(twinPerS).toLocaleString('en-US')} a second`;
    say(
      `  ${name}, ${atOnce} at once${sides[side]}: ${perSText}, ratio ${ratio.toFixed(3)}; processor time of a call ${cpuRatio.toFixed(3)}`,
    );
    return { ratio: rounded(ratio, 3), cpuRatio: rounded(cpuRatio, 3), perS: Math.round(perS) };
  };
  await copyValues(bare, propertyIds);
  const [one, hundred, twoHundred] = [1, 100, 200].map((size) => workOf(cache, bare, propertyIds, size)) as [
    Pair,
    Pair,
    Pair,
  ];
  const used = { ...twoHundred, ours: () => readAndLook(twoHundred.ours) };
  const [get, mget100, mget200] = [
    await compare('GET', one, AT_ONCE),
    await compare('MGET 100', hundred, AT_ONCE),
    await compare('MGET 200', twoHundred, AT_ONCE),
  ];
  return {
    getRatio: get.ratio,
    mget100Ratio: mget100.ratio,
    mget200Ratio: mget200.ratio,
    getAloneRatio: (await compare('GET', one, 1)).ratio,
    mget100AloneRatio: (await compare('MGET 100', hundred, 1)).ratio,
    mget200AloneRatio: (await compare('MGET 200', twoHundred, 1)).ratio,
    getKeysGivenRatio: (await compare('GET', one, AT_ONCE, 'twinWithKeys')).ratio,
    mget100KeysGivenRatio: (await compare('MGET 100', hundred, AT_ONCE, 'twinWithKeys')).ratio,
    mget200KeysGivenRatio: (await compare('MGET 200', twoHundred, AT_ONCE, 'twinWithKeys')).ratio,
    getPipelinedRatio: (await compare('GET', one, AT_ONCE, 'twinPipelined')).ratio,
    mget200UsedRatio: (await compare('MGET 200, each value looked at', used, AT_ONCE)).ratio,
    getCpuRatio: get.cpuRatio,
    mget100CpuRatio: mget100.cpuRatio,
    mget200CpuRatio: mget200.cpuRatio,
    getPerS: get.perS,
    mget200PerS: mget200.perS,
  };
}
