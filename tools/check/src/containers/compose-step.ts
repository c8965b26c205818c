import { imageApps, openCompose, type ComposeProject, type ContainerState, type Docker } from '@porchlight/images';
import { repositoryFolder } from '@porchlight/stack';
import type { Say } from '../check.ts';
import { NeverComes, waitFor } from '../wait-for.ts';
import { timed } from './timed.ts';
import { walkOnce, type Walked } from './warm-walk.ts';

const UP_MS = 5 * 60_000;
const HOMES = 20_000;
const API_PORT = 8_080;
const OPERATIONS_PORT = 9_464;
const DATABASE_PORT = 5_432;
const GATEWAY_SECRET = 'gateway-secret-of-the-containers-check';
/** Those of deploy/compose/compose.yaml; they open nothing else. */
const DATABASE_LOGIN = 'porchlight:local-only';
/** As long as compose gives them. */
const STOP_S = 12;
const STOP_MS = 60_000;

const appNames = imageApps()
  .filter(({ kind }) => kind === 'app')
  .map(({ name }) => name);

export interface ComposeFigures {
  readonly upSeconds: number;
  readonly walked: Walked;
  /** Of each app when it was told to stop in the middle of its work. */
  readonly stopCodes: Readonly<Record<string, number>>;
  /** What of the project was still there after it was taken down. */
  readonly left: readonly string[];
}

/** @returns the containers by service, once all that serve are healthy and all jobs have ended well */
async function untilAllStand(project: ComposeProject, signal: AbortSignal): Promise<Map<string, ContainerState>> {
  const ask = async () => {
    const found = await project.containers();
    const failed = found.find(({ status, exitCode }) => status === 'exited' && exitCode !== 0);
    if (failed)
      throw new NeverComes(`${failed.service} ended with ${failed.exitCode}:\n${await project.logs(failed.service)}`);
    const waitedFor = found.filter(({ status, health }) => status !== 'exited' && health !== 'healthy');
    const missing = appNames.filter((name) => !found.some(({ service }) => service === name));
    const named = waitedFor.map(({ service, health }) => `${service} ${health ?? 'no health'}`);
    if (named.length + missing.length > 0) throw new Error([...named, ...missing].join(', '));
    return new Map(found.map((each) => [each.service, each]));
  };
  return waitFor('every container healthy', ask, { withinMs: UP_MS, signal });
}

/** All at once, as a machine that goes down would. */
async function stopAll(docker: Docker, states: Map<string, ContainerState>): Promise<Record<string, number>> {
  const stop = async (name: string): Promise<[string, number]> => {
    const { id = '' } = states.get(name) ?? {};
    await docker.run(['stop', '--time', String(STOP_S), id], { timeoutMs: STOP_MS });
    return [name, Number(await docker.run(['inspect', '--format', '{{.State.ExitCode}}', id]))];
  };
  return Object.fromEntries(await Promise.all(appNames.map(stop)));
}

async function wholeFlow(
  docker: Docker,
  project: ComposeProject,
  { tag, say, signal }: ComposeOptions,
): Promise<Omit<ComposeFigures, 'left'>> {
  const environment = {
    PORCHLIGHT_TAG: tag,
    PORCHLIGHT_HOMES: String(HOMES),
    PORCHLIGHT_GATEWAY_SECRET: GATEWAY_SECRET,
  };
  const up = await timed(async () => {
    await project.up({ environment, signal });
    return untilAllStand(project, signal);
  });
  say(`  ${up.result.size} containers stand, or have done their work, after ${up.seconds} s`);
  const addressOf = (service: string): string => up.result.get(service)?.address ?? '';
  const metricsOf = (service: string): string => `http://${addressOf(service)}:${OPERATIONS_PORT}/metrics`;
  const target = {
    apiUrl: `http://127.0.0.1:${await project.port('estimate-api', API_PORT)}`,
    gatewaySecret: GATEWAY_SECRET,
    apiMetricsUrl: metricsOf('estimate-api'),
    writerMetricsUrl: metricsOf('data-writer'),
    databaseUrl: `postgres://${DATABASE_LOGIN}@${addressOf('postgres')}:${DATABASE_PORT}/porchlight`,
    homes: HOMES,
  };
  const walked = await walkOnce(target, say, signal);
  const stopCodes = await stopAll(docker, up.result);
  say(
    `  all apps told to stop at once: ${Object.entries(stopCodes)
      .map((each) => each.join(' '))
      .join(', ')}`,
  );
  return { upSeconds: up.seconds, walked, stopCodes };
}

export interface ComposeOptions {
  readonly tag: string;
  readonly say: Say;
  readonly signal: AbortSignal;
}

/** The whole flow of deploy/compose, from nothing to nothing. */
export async function composeStep(docker: Docker, options: ComposeOptions): Promise<ComposeFigures> {
  const project = await openCompose(docker, { root: repositoryFolder, project: `porchlight-check-${process.pid}` });
  try {
    const figures = await wholeFlow(docker, project, options);
    await project.down();
    return { ...figures, left: await project.left() };
  } catch (error) {
    await project.down().catch((thrown: unknown) => options.say(`  not taken down: ${String(thrown)}`));
    throw error;
  }
}
