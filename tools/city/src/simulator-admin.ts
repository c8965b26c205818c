import type { Estimate } from '@porchlight/contracts';

/** What upstream is told about one home; null: there is no estimate. */
export interface HomeValue {
  readonly propertyId: string;
  readonly valueUsd: number | null;
}

/** The simulator's admin endpoints that a city uses. */
export interface SimulatorAdmin {
  /** Loading the same value again changes nothing. @returns how many homes changed */
  load(values: readonly HomeValue[]): Promise<number>;
  /** Raises versions and values; homes that never had an estimate are left out. */
  revalue(propertyIds: readonly string[]): Promise<(Estimate & { propertyId: string })[]>;
}

/** The simulator takes no more in one call. */
export const HOMES_A_CALL_MAX = 10_000;

/** The simulator did not do what it was told. */
export class SimulatorRefused extends Error {
  override readonly name = 'SimulatorRefused';
  readonly code = 'SIMULATOR_REFUSED';
  readonly fate = 'crash';
  constructor(path: string, status: number) {
    super(`the upstream simulator answered ${status} to ${path}`);
  }
}

/** @param url where the simulator serves; its admin endpoints have no key */
export function connectSimulatorAdmin(url: string): SimulatorAdmin {
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const response = await fetch(new URL(path, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new SimulatorRefused(path, response.status);
    }
    return response.json();
  };
  return {
    load: async (values) => ((await post('/admin/load', values)) as { changed: number }).changed,
    revalue: async (propertyIds) =>
      ((await post('/admin/revalue', { propertyIds })) as { estimates: (Estimate & { propertyId: string })[] })
        .estimates,
  };
}
