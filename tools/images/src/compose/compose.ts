import { join } from 'node:path';
import type { Docker } from '../engine/docker.ts';
import { runProgram } from '../engine/run-program.ts';
import { ImageError } from '../image-error.ts';

const ASK_MS = 30_000;
const UP_MS = 10 * 60_000;
const DOWN_MS = 3 * 60_000;

export interface ContainerState {
  readonly service: string;
  readonly id: string;
  readonly status: string;
  /** Of its health check; undefined for a container that has none. */
  readonly health: string | undefined;
  readonly exitCode: number;
  /** On the network of the project. */
  readonly address: string;
}

export interface UpOptions {
  /** For the variables of the file; kept for the calls that follow. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ComposeProject {
  up(options: UpOptions): Promise<void>;
  containers(): Promise<ContainerState[]>;
  /** @returns the port on this machine under which a port of a service is published */
  port(service: string, containerPort: number): Promise<number>;
  logs(service: string): Promise<string>;
  /** Removes containers, networks and volumes. */
  down(): Promise<void>;
  /** Names of containers, networks and volumes that carry the project's name still. */
  left(): Promise<string[]>;
}

/** `docker compose`, or the older program of its own. */
async function composeCommand(docker: Docker): Promise<{ command: string; first: readonly string[] }> {
  const isPlugin = await docker.run(['compose', 'version'], { timeoutMs: ASK_MS }).then(
    () => true,
    () => false,
  );
  if (isPlugin) return { command: docker.client, first: ['compose'] };
  const isProgram = await runProgram('docker-compose', ['version'], { timeoutMs: ASK_MS }).then(
    () => true,
    () => false,
  );
  if (isProgram) return { command: 'docker-compose', first: [] };
  throw new ImageError('COMPOSE_MISSING', 'there is no docker compose: apt-get install docker-compose');
}

/** What is read of a container, one line of JSON for each: the whole of sixteen is more than is kept of a program's output. */
const STATE_FORMAT = [
  '{"service":{{json (index .Config.Labels "com.docker.compose.service")}}',
  '"id":{{json .Id}}',
  // Whole: a template cannot ask for the health of one that has none.
  '"state":{{json .State}}',
  '"addresses":[{{range .NetworkSettings.Networks}}{{json .IPAddress}},{{end}}""]}',
].join(',');

interface Inspected {
  readonly service: string;
  readonly id: string;
  readonly state: { readonly Status: string; readonly ExitCode: number; readonly Health?: { readonly Status: string } };
  readonly addresses: readonly string[];
}

function stateOf(line: string): ContainerState {
  const { service, id, state, addresses } = JSON.parse(line) as Inspected;
  const [status, health, exitCode] = [state.Status, state.Health?.Status, state.ExitCode];
  return { service, id, status, health, exitCode, address: addresses[0] ?? '' };
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/**
 * The containers of deploy/compose under a project name of their own.
 *
 * @throws {ImageError} COMPOSE_MISSING
 */
export async function openCompose(
  docker: Docker,
  { root, project }: { root: string; project: string },
): Promise<ComposeProject> {
  const { command, first } = await composeCommand(docker);
  const always = [...first, '--project-name', project, '--file', join(root, 'deploy', 'compose', 'compose.yaml')];
  let given: Readonly<Record<string, string>> = {};
  const compose = (args: readonly string[], timeoutMs: number, signal?: AbortSignal) =>
    runProgram(command, [...always, ...args], {
      timeoutMs,
      environment: { ...docker.environment, ...given },
      ...(signal ? { signal } : {}),
    });
  const label = `label=com.docker.compose.project=${project}`;
  const idsOf = async (): Promise<string[]> => lines(await docker.run(['ps', '--all', '--quiet', '--filter', label]));
  return {
    async up({ environment, signal }) {
      given = environment;
      await compose(['up', '--detach', '--no-build'], UP_MS, signal);
    },
    async containers() {
      const ids = await idsOf();
      if (ids.length === 0) return [];
      return lines(await docker.run(['inspect', '--format', STATE_FORMAT, ...ids])).map(stateOf);
    },
    async port(service, containerPort) {
      const printed = await compose(['port', service, String(containerPort)], ASK_MS);
      return Number(printed.trim().split(':').at(-1));
    },
    logs: (service) => compose(['logs', '--no-color', '--tail', '40', service], ASK_MS),
    down: async () => void (await compose(['down', '--volumes', '--remove-orphans'], DOWN_MS)),
    async left() {
      const asked = ['network', 'volume'].map((kind) => docker.run([kind, 'ls', '--quiet', '--filter', label]));
      return [...(await idsOf()), ...(await Promise.all(asked)).flatMap(lines)];
    },
  };
}
