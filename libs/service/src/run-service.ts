import { createTelemetry, type Logger, type Telemetry } from '@porchlight/telemetry';
import { systemClock, type Clock, type Timer } from '@porchlight/clock';
import { ConfigInvalid, describeConfig, loadConfig, type Config, type ConfigSchema } from './config.ts';
import type { serviceConfig } from './config-fragments.ts';
import { exitCodes } from './exit-codes.ts';
import { createHealth, type Health } from './health.ts';
import { startOperationsServer, type OperationsServer } from './operations-server.ts';
import { tracingOf } from './tracing-of.ts';
import { createWaitFor, ServiceStopping, type WaitFor } from './wait-for.ts';

/** What `start` gets. */
export interface ServiceContext<C extends ConfigSchema> {
  readonly config: Config<C>;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
  readonly waitFor: WaitFor;
  readonly health: Health;
  /** Where /livez, /readyz and /metrics listen, with the port that was free if METRICS_PORT is 0. */
  readonly operations: { readonly host: string; readonly port: number };
  /** For an error that comes from outside any promise that is awaited, as a consumer that died: logs it, exit 1. */
  readonly crash: (error: unknown) => void;
}

/** What `start` returns. */
export interface RunningService {
  /** Takes no more, finishes what was begun, gives back what it holds. Called once; what exceeds DRAIN_MS is cut off. */
  stop(): Promise<void>;
  /** No cost, no call: read at each /readyz. Ready, if absent, as soon as `start` has returned. */
  isReady?(): boolean;
  isLive?(): boolean;
}

export interface ServiceDefinition<C extends ConfigSchema> {
  /** The app's name, as in its folder. */
  readonly name: string;
  readonly config: C;
  readonly start: (context: ServiceContext<C>) => Promise<RunningService>;
  /** Rejections that do no harm, as those which a driver leaves behind when a broker goes: logged, not fatal. */
  readonly isHarmless?: (error: unknown) => boolean;
}

/** The part of `process` that a service uses; tests pass their own. */
export interface ProcessPort {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  on(event: string, listener: (argument: unknown) => void): unknown;
  exit(code: number): unknown;
  /** For people: --help and a config that does not fit. */
  print(text: string, stream: 'out' | 'error'): void;
}

const realProcess: ProcessPort = {
  argv: process.argv,
  env: process.env,
  on: (event, listener) => process.on(event, listener),
  exit: (code) => process.exit(code),
  print: (text, stream) => void (stream === 'out' ? process.stdout : process.stderr).write(`${text}\n`),
};

/** What the stop may take beyond DRAIN_MS, for closing what is left. */
const STOP_MARGIN_MS = 1_000;

type BaseSchema = ConfigSchema<typeof serviceConfig>;

/** Config, or undefined after having said why not and ended the process. */
function configOrExit<C extends ConfigSchema>(service: ServiceDefinition<C>, host: ProcessPort): Config<C> | undefined {
  if (host.argv.includes('--help')) {
    host.print(
      `${service.name} takes its configuration from the environment:\n\n${describeConfig(service.config)}`,
      'out',
    );
    host.exit(exitCodes.asked);
    return undefined;
  }
  try {
    return loadConfig(service.config, host.env);
  } catch (error) {
    if (!(error instanceof ConfigInvalid)) throw error;
    host.print(`${service.name}: ${error.message}`, 'error');
    host.exit(exitCodes.config);
    return undefined;
  }
}

/** The process ends once, whoever asks first. */
function createEnding(log: Logger, host: ProcessPort, isHarmless: (error: unknown) => boolean) {
  let ended = false;
  const closers: (() => void)[] = [];
  const end = (code: number) => {
    if (ended) return;
    ended = true;
    for (const close of closers) close();
    host.exit(code);
  };
  const crash = (error: unknown) => {
    if (ended) return;
    log.error({ error }, 'stops: something unplanned happened; nothing of it is committed');
    end(exitCodes.unplanned);
  };
  const unplanned = (error: unknown) => {
    if (isHarmless(error)) log.warn({ error }, 'a rejection that does no harm');
    else crash(error);
  };
  host.on('uncaughtException', unplanned);
  host.on('unhandledRejection', unplanned);
  return { end, crash, closes: (close: () => void) => void closers.push(close) };
}

/** @returns whether it finished in time; a rejection goes on to the caller */
async function finishes(work: Promise<unknown>, limitMs: number, clock: Clock): Promise<boolean> {
  let timer: Timer | undefined;
  const late = new Promise<false>((resolve) => {
    timer = clock.after(limitMs, () => resolve(false));
  });
  try {
    return await Promise.race([work.then(() => true as const), late]);
  } finally {
    timer?.cancel();
  }
}

interface Stopping {
  readonly clock: Clock;
  readonly log: Logger;
  readonly telemetry: Telemetry;
  readonly server: OperationsServer;
  readonly starting: Promise<RunningService>;
  readonly drainMs: number;
  readonly ending: { end(code: number): void; crash(error: unknown): void };
}

/** Finishes what was begun within the drain time, closes, exits 0. */
async function stopInOrder({ clock, log, telemetry, server, starting, drainMs, ending }: Stopping): Promise<void> {
  const stopped = starting.then(
    (running) => running.stop(),
    (error: unknown) => {
      if (!(error instanceof ServiceStopping)) throw error;
    },
  );
  try {
    const inTime = await finishes(stopped, drainMs + STOP_MARGIN_MS, clock);
    if (!inTime)
      log.warn({ code: 'DRAIN_TIMEOUT', drainMs }, 'was cut off while it finished: the rest will be done again');
    await server.close();
    await telemetry.stop();
    log.info({}, 'stopped');
    ending.end(exitCodes.asked);
  } catch (error) {
    ending.crash(error);
  }
}

/** Answers of /livez and /readyz: what the app says, once it has started, and until it drains. */
function watchHealth(signal: AbortSignal) {
  const health = createHealth();
  let running: RunningService | undefined;
  health.addReady('started', () => running !== undefined);
  health.addReady('not stopping', () => !signal.aborted);
  health.addReady('app', () => running?.isReady?.() ?? true);
  health.addLive('app', () => running?.isLive?.() ?? true);
  return { health, started: (service: RunningService) => void (running = service) };
}

/**
 * The life of a process: config, telemetry, operations server, then `start`; at SIGTERM or SIGINT it drains and exits 0.
 * The operations server listens before `start`, so that an app which waits for a dependency is alive and not ready.
 * A wrong config exits 78, anything unplanned 1; a second signal does no harm.
 *
 * @param host  the process, and `clock` its time: tests pass their own
 * @returns when `start` has returned or failed, or at once if the process ends before it
 */
export async function runService<C extends BaseSchema>(
  service: ServiceDefinition<C>,
  host: ProcessPort = realProcess,
  clock: Clock = systemClock,
): Promise<void> {
  const config = configOrExit(service, host);
  if (config === undefined) return;
  const { LOG_LEVEL, METRICS_HOST, METRICS_PORT, DRAIN_MS } = config as Config<BaseSchema>;
  const tracing = tracingOf(config as Config<BaseSchema>);
  const telemetry = createTelemetry({
    app: service.name,
    logLevel: LOG_LEVEL,
    ...(tracing === undefined ? {} : { startTracing: await tracing }),
  });
  const { log } = telemetry;
  const ending = createEnding(log, host, service.isHarmless ?? (() => false));
  const stop = new AbortController();
  const { health, started } = watchHealth(stop.signal);
  const { waitFor, waitingFor } = createWaitFor({ app: service.name, log, clock, signal: stop.signal });
  try {
    const server = await startOperationsServer({
      host: METRICS_HOST,
      port: METRICS_PORT,
      verdict: health.verdict,
      waitingFor,
      renderMetrics: () => telemetry.render(),
    });
    ending.closes(() => void server.close());
    log.info(
      { host: METRICS_HOST, port: server.port },
      `${service.name} starts; /livez, /readyz, /metrics on ${METRICS_HOST}:${server.port}`,
    );
    const context = {
      config,
      telemetry,
      clock,
      signal: stop.signal,
      waitFor,
      health,
      operations: server,
      crash: ending.crash,
    };
    const starting = service.start(context);
    const onSignal = (name: unknown) => {
      if (stop.signal.aborted) return;
      log.info({ signal: name }, 'asked to stop: takes no more, finishes what was begun');
      stop.abort();
      void stopInOrder({ clock, log, telemetry, server, starting, drainMs: DRAIN_MS, ending });
    };
    for (const name of ['SIGTERM', 'SIGINT']) host.on(name, () => onSignal(name));
    started(await starting);
    log.info({}, `${service.name} has started`);
  } catch (error) {
    if (!(error instanceof ServiceStopping)) ending.crash(error);
  }
}
