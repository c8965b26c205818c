import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Peer } from '@porchlight/peer-caches';
import { freePorts, spawnServer, stopServer, waitUntil } from '@porchlight/stack';
import type { Contender } from './contender.ts';
import type { PeerServerOptions } from './peer-server.adapter.ts';

const PORT_WISHED = 27_400;
const READY_MS = 30_000;
const STOP_GRACE_MS = 5_000;
const MICROSECONDS_A_MS = 1_000;
const script = fileURLToPath(new URL('peer-server.adapter.ts', import.meta.url));

export type PeerPlaces = Omit<PeerServerOptions, 'peer' | 'memory' | 'port'> & {
  /** Of pid and log files. */
  readonly folder: string;
};

async function asked<T>(url: string, method = 'GET'): Promise<T> {
  const answer = await fetch(url, { method });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

const isUp = async (url: string): Promise<boolean> => {
  const answer = await fetch(`${url}/readyz`).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status === 200;
};

/** Starts a service with this library. Node runs it with its own defaults. @throws if it does not serve within 30 s */
export async function startPeer(peer: Peer, memory: boolean, places: PeerPlaces): Promise<Contender> {
  const { folder, ...rest } = places;
  const name = memory ? `${peer.name} with memory` : peer.name;
  const fileName = name.replaceAll(' ', '-');
  const { peer: port = 0 } = await freePorts({ peer: PORT_WISHED });
  const url = `http://127.0.0.1:${port}`;
  const pidFile = join(folder, `${fileName}.pid`);
  const logFile = join(folder, `${fileName}.log`);
  const options: PeerServerOptions = { ...rest, peer: peer.name, memory, port };
  await spawnServer({
    name: fileName,
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', script, JSON.stringify(options)],
    environment: { PATH: process.env['PATH'], NODE_ENV: 'production' },
    pidFile,
    logFile,
    marker: script,
    fingerprint: fileName,
  });
  const stop = async (): Promise<void> => void (await stopServer(pidFile, { graceMs: STOP_GRACE_MS }));
  if ((await waitUntil(() => isUp(url), { withinMs: READY_MS })) === undefined) {
    await stop();
    throw new Error(`${name} does not serve: see ${logFile}`);
  }
  const changed = (propertyId: string) => asked(`${url}/changed/${propertyId}`, 'POST');
  return {
    name,
    url,
    async cpuMs() {
      const { user, system } = await asked<NodeJS.CpuUsage>(`${url}/cpu`);
      return (user + system) / MICROSECONDS_A_MS;
    },
    factsChanged: async (propertyId) => void (await changed(propertyId)),
    estimateChanged: async ({ propertyId }) => void (await changed(propertyId)),
    stop,
  };
}
