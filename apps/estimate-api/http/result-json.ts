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
 */
export function resultJson({ propertyId, status, requiredRole, estimateJson }: HomeResult): string {
  const head = `{"propertyId":"${propertyId}","status":"${status}"`;
  if (estimateJson !== null) return `${head},"estimate":${estimateJson.toString('utf8')}}`;
  return requiredRole === null ? `${head}}` : `${head},"requiredRole":"${requiredRole}"}`;
}

export function batchJson(results: readonly HomeResult[]): string {
  return `{"results":[${results.map(resultJson).join(',')}],"pending":${countPending(results)}}`;
}

export function mapJson(homes: readonly PlacedResult[], { truncated }: { truncated: boolean }): string {
  const printed = homes.map(
    ({ latitude, longitude, result }) =>
      `{"latitude":${latitude},"longitude":${longitude},"result":${resultJson(result)}}`,
  );
  const pending = countPending(homes.map(({ result }) => result));
  return `{"homes":[${printed.join(',')}],"truncated":${truncated},"pending":${pending}}`;
}

const countPending = (results: readonly HomeResult[]): number =>
  results.filter(({ status }) => status === 'pending').length;
