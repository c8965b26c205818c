import { z } from 'zod';

/** Longest extra latency that can be asked for: ten minutes. */
export const FAULT_LATENCY_MS_MAX = 600_000;

/** What goes wrong on demand. Several may be set: the latency comes first, then one of hang, error, wrong bytes, in this order. */
export const faultsSchema = z.strictObject({
  latencyMs: z.number().min(0).max(FAULT_LATENCY_MS_MAX).optional().describe('added to every call'),
  errorRate: z.number().min(0).max(1).optional().describe('share of calls that fail; 1 if only status is given'),
  status: z.number().int().min(400).max(599).optional().describe('of the calls that fail; 503 by default'),
  retryAfterS: z.number().int().min(0).max(3_600).optional().describe('Retry-After of the calls that fail'),
  hang: z.boolean().optional().describe('accept calls and never answer'),
  wrongBytes: z
    .enum(['not-json', 'wrong-shape', 'cut-short', 'strangers'])
    .optional()
    .describe('a 200 with a body that is not JSON, JSON of another shape, cut off, or about homes nobody asked for'),
});

export type Faults = z.infer<typeof faultsSchema>;

/** What happens to one call. */
export type Mishap =
  | { kind: 'none' }
  | { kind: 'hang' }
  | { kind: 'error'; status: number; retryAfterS: number | undefined }
  | { kind: 'wrong-bytes'; bytes: NonNullable<Faults['wrongBytes']> };

/** Decides what happens to a call. @param draw uniform in 0..1 */
export function mishapOf({ errorRate, status, retryAfterS, hang, wrongBytes }: Faults, draw: number): Mishap {
  if (hang === true) return { kind: 'hang' };
  const failing = errorRate ?? (status === undefined ? 0 : 1);
  if (draw < failing) return { kind: 'error', status: status ?? 503, retryAfterS };
  return wrongBytes === undefined ? { kind: 'none' } : { kind: 'wrong-bytes', bytes: wrongBytes };
}

/** The body that a fault puts in place of the answer. */
export function wrongBodyOf(bytes: NonNullable<Faults['wrongBytes']>, right: string): string {
  switch (bytes) {
    case 'not-json':
      return '<html>gateway</html>';
    case 'wrong-shape':
      return JSON.stringify({ estimates: [{ propertyId: 7, valueUsd: 'a lot' }], missing: null });
    case 'cut-short':
      return right.slice(0, right.length / 2);
    case 'strangers':
      return JSON.stringify({ estimates: [], missing: ['nobody-asked-for-this-home'] });
  }
}
