import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The seller's own count, as far as tests look at it. */
export interface SellerMeter {
  readonly billedRequests: number;
  readonly billedItems: number;
  readonly lanes: Readonly<Record<string, { readonly requests: number; readonly items: number }>>;
  readonly refused: Readonly<Record<string, number>>;
}

/** The real upstream-simulator as a process of its own, steered by its admin endpoints. */
export interface SpawnedSimulator {
  readonly url: string;
  /** Makes it know these homes; the values are of no matter. */
  load(propertyIds: readonly string[]): Promise<void>;
  /** Replaces the faults; none: all is well. */
  faults(faults?: object): Promise<void>;
  meter(): Promise<SellerMeter>;
  close(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../../../tools/upstream-simulator/src/main.ts', import.meta.url));
const ADDRESS = /127\.0\.0\.1:\d+/;

export const SIMULATOR_KEY = 'the key of a test';

/** Answers at once and has no rate limit, but for what a test asks of it. */
export async function spawnSimulator(): Promise<SpawnedSimulator> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    env: {
      PATH: process.env.PATH ?? '',
      UPSTREAM_API_KEY: SIMULATOR_KEY,
      HTTP_PORT: '0',
      METRICS_HOST: '127.0.0.1',
      METRICS_PORT: '0',
      SIM_LATENCY: 'fixed',
      SIM_RATE_PER_S: '0',
      DRAIN_MS: '500',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await addressOf(child);
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    url,
    load: async (propertyIds) =>
      void (await call(
        'POST',
        '/admin/load',
        propertyIds.map((propertyId) => ({ propertyId, valueUsd: 500_000 })),
      )),
    faults: async (faults) =>
      void (await (faults === undefined ? call('DELETE', '/admin/faults') : call('PUT', '/admin/faults', faults))),
    meter: async () => (await call('GET', '/admin/meter')) as SellerMeter,
    async close() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function addressOf(child: ReturnType<typeof spawn>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const said: string[] = [];
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('the simulator has no output');
  for (const input of [stdout, stderr]) {
    createInterface({ input }).on('line', (line) => {
      said.push(line);
      const [address] = line.includes('sells estimates at') ? (ADDRESS.exec(line) ?? []) : [];
      if (address !== undefined) resolve(`http://${address}`);
    });
  }
  child.once('exit', () => reject(new Error(`the simulator did not start: ${said.join('\n')}`)));
  return promise;
}
