import type { Estimate } from '@porchlight/contracts';

/** A change of an estimate that upstream serves already. */
export interface Appraised {
  readonly estimateVersion: number;
  readonly estimate: Estimate | null;
}

async function post<T>(url: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as T;
}

/** Revalues a home. @returns null if it never had an estimate */
export async function revalue(upstreamUrl: string, propertyId: string): Promise<Appraised | null> {
  const url = `${upstreamUrl}/admin/revalue`;
  const { estimates } = await post<{ estimates: Estimate[] }>(url, { propertyIds: [propertyId] });
  const [estimate] = estimates;
  if (estimate === undefined) return null;
  const { estimateVersion, valueUsd, lowUsd, highUsd, computedAt } = estimate;
  return { estimateVersion, estimate: { estimateVersion, valueUsd, lowUsd, highUsd, computedAt } };
}

/** Withdraws the estimate of a home. @returns null if there is none */
export async function withdraw(upstreamUrl: string, propertyId: string): Promise<Appraised | null> {
  const url = `${upstreamUrl}/admin/withdraw`;
  const { withdrawn } = await post<{ withdrawn: { estimateVersion: number }[] }>(url, { propertyIds: [propertyId] });
  const [home] = withdrawn;
  return home === undefined ? null : { estimateVersion: home.estimateVersion, estimate: null };
}
