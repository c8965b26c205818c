import { rounded } from '../quantiles.ts';

/** What became of a call. `gaveUp`: its caller had no answer within its patience and hung up. */
export type Outcome = 'ok' | 'refused' | 'gaveUp' | 'failed';

/** What became of the calls that were meant to be sent within one slice of time. */
export interface Slice {
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Milliseconds from the instant at which each was meant to be sent, of those that were answered with 200. */
  readonly okMs: readonly number[];
  readonly refusedMs: readonly number[];
  readonly pendingHomes: number;
}

interface OpenSlice extends Slice {
  readonly counts: Record<Outcome, number>;
  readonly okMs: number[];
  readonly refusedMs: number[];
  pendingHomes: number;
}

/** Keeps what became of calls, by when they were meant to be sent. */
export interface Ledger {
  record(
    outcome: Outcome,
    call: { readonly meantAt: number; readonly endedAt: number; readonly pending: number },
  ): void;
  /** From the first on, without gaps. */
  slices(): readonly Slice[];
}

export const SLICE_MS = 250;

export function createLedger(startedAt: number): Ledger {
  const slices: OpenSlice[] = [];
  const sliceAt = (at: number): OpenSlice => {
    const index = Math.max(0, Math.floor((at - startedAt) / SLICE_MS));
    while (slices.length <= index) {
      slices.push({ counts: { ok: 0, refused: 0, gaveUp: 0, failed: 0 }, okMs: [], refusedMs: [], pendingHomes: 0 });
    }
    return slices[index] as OpenSlice;
  };
  return {
    record(outcome, { meantAt, endedAt, pending }) {
      const slice = sliceAt(meantAt);
      slice.counts[outcome] += 1;
      slice.pendingHomes += pending;
      if (outcome === 'ok') slice.okMs.push(endedAt - meantAt);
      if (outcome === 'refused') slice.refusedMs.push(endedAt - meantAt);
    },
    slices: () => slices,
  };
}

/** @param percentile 0..100 @returns 0 without any */
export function percentileOf(values: readonly number[], percentile: number): number {
  const sorted = Float64Array.from(values).sort(); // a flood of single gets has a million of them
  return sorted[Math.max(0, Math.ceil((percentile / 100) * sorted.length) - 1)] ?? 0;
}

/** All slices together, as figures. */
export function summed(slices: readonly Slice[], forMs: number) {
  const total = (outcome: Outcome): number => slices.reduce((sum, { counts }) => sum + counts[outcome], 0);
  const okMs = slices.flatMap((slice) => slice.okMs);
  const refusedMs = slices.flatMap((slice) => slice.refusedMs);
  const offered = total('ok') + total('refused') + total('gaveUp') + total('failed');
  return {
    offeredPerS: Math.round((offered * 1_000) / forMs),
    okPerS: Math.round((total('ok') * 1_000) / forMs),
    refused: total('refused'),
    gaveUp: total('gaveUp'),
    failed: total('failed'),
    p50Ms: rounded(percentileOf(okMs, 50)),
    p99Ms: rounded(percentileOf(okMs, 99)),
    maxMs: rounded(percentileOf(okMs, 100)),
    refusedP99Ms: rounded(percentileOf(refusedMs, 99)),
    pendingHomes: slices.reduce((sum, slice) => sum + slice.pendingHomes, 0),
  };
}
