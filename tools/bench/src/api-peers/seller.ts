import type { BookedEstimate } from '@porchlight/upstream-simulator';
import type { Bill } from '../no-cache-bill.ts';

const post = (url: string, body?: object): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });

/** Resolves with the other estimate when the seller serves it. @throws for a home that never had one */
export async function revalue(simulatorUrl: string, propertyId: string): Promise<BookedEstimate> {
  const response = await post(`${simulatorUrl}/admin/revalue`, { propertyIds: [propertyId] });
  const { estimates = [] } = (await response.json()) as { estimates?: BookedEstimate[] };
  const [estimate] = estimates;
  if (estimate === undefined) throw new Error(`the simulator did not revalue ${propertyId}: ${response.status}`);
  return estimate;
}

/** @returns what the seller had billed since the meter was set to 0 the last time */
export async function resetMeter(simulatorUrl: string): Promise<Bill> {
  return (await (await post(`${simulatorUrl}/admin/meter/reset`)).json()) as Bill;
}
