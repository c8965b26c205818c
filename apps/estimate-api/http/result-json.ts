import type { HomeResult } from '../reading/index.ts';

/** A home on the map, as it is answered. */
export interface PlacedResult {
  readonly latitude: number;
  readonly longitude: number;
  readonly result: HomeResult;
}

/**
 * One result as JSON. The estimate's bytes are copied as they were stored, neither parsed nor printed again, so that single,
 * batch and map answers give the same bytes for one home. Ids are `[A-Za-z0-9_-]` and need no escape.
 *
 * @param encoding what the text is to be written with; `latin1`: a character for each byte, which is read and written faster
 */
export function resultJson(
  { propertyId, status, requiredRole, estimateJson }: HomeResult,
  encoding: 'utf8' | 'latin1' = 'utf8',
): string {
  const head = `{"propertyId":"${propertyId}","status":"${status}"`;
  if (estimateJson !== null) return `${head},"estimate":${estimateJson.toString(encoding)}}`;
  return requiredRole === null ? `${head}}` : `${head},"requiredRole":"${requiredRole}"}`;
}

/** A batch's answer. One text that grows, and no list of them: it is made for every hit. */
export function batchJson(results: readonly HomeResult[]): Buffer {
  let text = '{"results":[';
  let pending = 0;
  for (let at = 0; at < results.length; at += 1) {
    const result = results[at] as HomeResult;
    if (at > 0) text += ',';
    text += resultJson(result, 'latin1');
    if (result.status === 'pending') pending += 1;
  }
  return Buffer.from(`${text}],"pending":${pending}}`, 'latin1');
}

export function placedJson({ latitude, longitude, result }: PlacedResult): string {
  return `{"latitude":${latitude},"longitude":${longitude},"result":${resultJson(result)}}`;
}

export function mapJson(homes: readonly PlacedResult[], { truncated }: { truncated: boolean }): string {
  const pending = countPending(homes.map(({ result }) => result));
  return `{"homes":[${homes.map((home) => placedJson(home)).join(',')}],"truncated":${truncated},"pending":${pending}}`;
}

const countPending = (results: readonly HomeResult[]): number =>
  results.filter(({ status }) => status === 'pending').length;
