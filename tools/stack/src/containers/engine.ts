import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { reasonOf } from '../stack-error.ts';

const PING_MS = 2_000;

export type Engine = { socket: string } | { absent: string };

/** The sockets where an engine may listen, the one that DOCKER_HOST names alone if it names one. */
function sockets(environment: NodeJS.ProcessEnv): string[] {
  const { DOCKER_HOST: host } = environment;
  if (host) return host.startsWith('unix://') ? [host.slice('unix://'.length)] : [];
  const homes = [
    join(homedir(), '.docker', 'run', 'docker.sock'),
    join(homedir(), '.docker', 'desktop', 'docker.sock'),
  ];
  return ['/var/run/docker.sock', `/run/user/${process.getuid?.() ?? 0}/docker.sock`, ...homes];
}

function ping(socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: '/_ping', timeout: PING_MS }, (answer) => {
      answer.resume();
      if (answer.statusCode === 200) resolve();
      else reject(new Error(`GET /_ping answered ${answer.statusCode}`));
    });
    asked.once('timeout', () => asked.destroy(new Error(`no answer in ${PING_MS / 1000} s`)));
    asked.once('error', reject);
    asked.end();
  });
}

/** Whether a container engine on this machine answers. Costs one request: testcontainers is loaded only when it does. */
export async function findEngine(environment: NodeJS.ProcessEnv = process.env): Promise<Engine> {
  if (environment.PORCHLIGHT_CONTAINERS === 'off') return { absent: 'PORCHLIGHT_CONTAINERS=off' };
  const found = sockets(environment).filter((socket) => existsSync(socket));
  const refusals: string[] = [];
  for (const socket of found) {
    try {
      await ping(socket);
      return { socket };
    } catch (thrown) {
      refusals.push(`${socket}: ${reasonOf(thrown)}`);
    }
  }
  if (refusals.length > 0) return { absent: `no Docker engine answers (${refusals.join('; ')})` };
  const elsewhere = environment.DOCKER_HOST && found.length === 0;
  return { absent: elsewhere ? 'DOCKER_HOST names no socket of this machine' : 'there is no Docker engine' };
}
