import type { Estimate } from '@porchlight/contracts';
import type { SourceAnswer } from './port.ts';
import { SourceMisbehaved } from './source-errors.ts';

/**
 * Turns the text of an answer into estimates, or refuses all of it.
 *
 * One wrong field spoils the batch: a source that mixes homes up must not fill a cache with what looks right.
 *
 * @param text  the body of a 200
 * @param asked the ids of the request
 * @throws {SourceMisbehaved} if it is not JSON of the agreed shape, a field is missing or out of range, an id was not
 *         asked for, comes twice, or is missing from both lists
 */
export function readAnswer(text: string, asked: readonly string[]): SourceAnswer {
  const body = parse(text);
  if (!isRecord(body) || !Array.isArray(body.estimates) || !Array.isArray(body.missing)) {
    throw new SourceMisbehaved('the body is not {estimates, missing}');
  }
  const open = new Set(asked);
  const take = (id: unknown): string => {
    if (typeof id !== 'string' || !open.delete(id))
      throw new SourceMisbehaved('an id that was not asked for, or twice');
    return id;
  };
  const estimates = new Map<string, Estimate>();
  for (const item of body.estimates as unknown[]) {
    if (!isRecord(item)) throw new SourceMisbehaved('an estimate is not an object');
    estimates.set(take(item.propertyId), readEstimate(item));
  }
  const missing = new Set((body.missing as unknown[]).map(take));
  if (open.size > 0) throw new SourceMisbehaved(`${open.size} of ${asked.length} ids were not answered`);
  return { estimates, missing };
}

function readEstimate(item: Record<string, unknown>): Estimate {
  return {
    estimateVersion: readInteger(item, 'estimateVersion', 1),
    valueUsd: readInteger(item, 'valueUsd', 0),
    lowUsd: readInteger(item, 'lowUsd', 0),
    highUsd: readInteger(item, 'highUsd', 0),
    computedAt: readInteger(item, 'computedAt', 0),
  };
}

/** The value itself stays out of the message: errors are logged, and values may be hidden from whoever reads logs. */
function readInteger(item: Record<string, unknown>, field: keyof Estimate, min: number): number {
  const value = item[field];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min) {
    throw new SourceMisbehaved(`${field} is not an integer from ${min} to 2^53-1`);
  }
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SourceMisbehaved('the body is not JSON');
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
