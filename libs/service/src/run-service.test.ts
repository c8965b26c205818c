import { afterEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { serviceConfig } from './config-fragments.ts';
import { defineConfig } from './config.ts';
import { runService, type ProcessPort, type RunningService, type ServiceContext } from './run-service.ts';
import { ManualClock } from '@porchlight/clock/testing';

const config = defineConfig({ ...serviceConfig, REGION: z.string().describe('where it runs') });
type Context = ServiceContext<typeof config>;

const sound = { REGION: 'west', METRICS_HOST: '127.0.0.1', METRICS_PORT: '0', LOG_LEVEL: 'silent', DRAIN_MS: '5000' };

/** A process that remembers how it was ended. */
function createProcess(env: Record<string, string> = sound, argv: string[] = []) {
  const listeners = new Map<string, (argument: unknown) => void>();
  const printed: string[] = [];
  let exited: (code: number) => void = () => undefined;
  const codes: number[] = [];
  const ended = new Promise<number>((resolve) => (exited = resolve));
  const host: ProcessPort = {
    argv,
    env,
    on: (event, listener) => listeners.set(event, listener),
    exit: (code) => {
      codes.push(code);
      exited(code);
    },
    print: (text, stream) => void printed.push(`${stream}: ${text}`),
  };
  return {
    host,
    printed,
    codes,
    ended,
    raise: (event: string, argument: unknown = event) => listeners.get(event)?.(argument),
  };
}

const running: { raise: (event: string) => void; ended: Promise<number> }[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) {
    each.raise('SIGTERM');
    await each.ended;
  }
});

const nothing: RunningService = { stop: async () => undefined };

/** Runs a service up to the end of its `start`. */
function run(start: (context: Context) => Promise<RunningService>, isHarmless?: (error: unknown) => boolean) {
  const clock = new ManualClock();
  const own = createProcess();
  running.push(own);
  let seen: (context: Context) => void = () => undefined;
  const context = new Promise<Context>((resolve) => (seen = resolve));
  const done = runService(
    {
      name: 'forecaster',
      config,
      start: (given) => (seen(given), start(given)),
      ...(isHarmless === undefined ? {} : { isHarmless }),
    },
    own.host,
    clock,
  );
  const ask = async (path: string) => {
    const { host, port } = (await context).operations;
    const response = await fetch(`http://${host}:${port}${path}`);
    return { status: response.status, text: await response.text() };
  };
  return { ...own, clock, context, done, ask };
}

const statusesOf = async (ask: (path: string) => Promise<{ status: number }>) => [
  (await ask('/livez')).status,
  (await ask('/readyz')).status,
];

/** A promise that a test settles. */
function createGate<T = void>() {
  let open: (value: T) => void = () => undefined;
  const passed = new Promise<T>((resolve) => (open = resolve));
  return { passed, open };
}

describe('config', () => {
  test('that does not fit ends the process with 78 and one message', async () => {
    const { host, printed, codes } = createProcess({ METRICS_PORT: 'x' });
    await runService({ name: 'forecaster', config, start: async () => nothing }, host);
    expect(codes).toEqual([78]);
    expect(printed).toEqual([
      expect.stringMatching(
        /^error: forecaster: the configuration does not fit:\n {2}METRICS_PORT .*\n {2}REGION is missing/,
      ),
    ]);
  });
  test('is printed by --help', async () => {
    const { host, printed, codes } = createProcess({}, ['--help']);
    await runService({ name: 'forecaster', config, start: async () => nothing }, host);
    expect(codes).toEqual([0]);
    expect(printed[0]).toContain('| `REGION` | required | text | where it runs |');
  });
  test('reaches start', async () => {
    const { context } = run(async () => nothing);
    expect((await context).config.REGION).toBe('west');
  });
});

describe('health', () => {
  test('alive and not ready while it waits for a dependency, and it says for whom', async () => {
    let isUp = false;
    const { ask, clock, context, done } = run(async ({ waitFor }) => {
      await waitFor('Redis at cache:6379', 'the estimate cache', () =>
        isUp ? 'pong' : Promise.reject(new Error('refused')),
      );
      return nothing;
    });
    await context;
    expect(await statusesOf(ask)).toEqual([200, 503]);
    expect(JSON.parse((await ask('/readyz')).text)).toEqual({
      ready: false,
      failing: ['started'],
      waitingFor: ['Redis at cache:6379 (the estimate cache)'],
    });
    isUp = true;
    await clock.advance(10_000);
    await done;
    expect(await statusesOf(ask)).toEqual([200, 200]);
  });

  test('what the app says of itself counts', async () => {
    const said = { ready: false, live: true };
    const { ask, done } = run(async () => ({ ...nothing, isReady: () => said.ready, isLive: () => said.live }));
    await done;
    expect(await statusesOf(ask)).toEqual([200, 503]);
    said.ready = true;
    expect(await statusesOf(ask)).toEqual([200, 200]);
    said.live = false;
    expect(await statusesOf(ask)).toEqual([503, 200]);
  });

  test('what start adds counts too', async () => {
    let joined = false;
    const { ask, done } = run(async ({ health }) => {
      health.addReady('joined', () => joined);
      return nothing;
    });
    await done;
    expect(JSON.parse((await ask('/readyz')).text)).toMatchObject({ ready: false, failing: ['joined'] });
    joined = true;
    expect((await ask('/readyz')).status).toBe(200);
  });

  test('metrics are served, other paths are not', async () => {
    const { ask, done } = run(async ({ telemetry }) => {
      telemetry.metrics.counter('porchlight.estimate_api.restricted').add(3);
      return nothing;
    });
    await done;
    expect((await ask('/metrics')).text).toContain('porchlight_estimate_api_restricted_total 3');
    expect((await ask('/metrics?x=1')).status).toBe(200);
    expect((await ask('/')).status).toBe(404);
  });
});

describe.each(['SIGTERM', 'SIGINT'])('%s', (name) => {
  test('takes it out of readiness, waits for stop, exits 0; a second signal does no harm', async () => {
    const gate = createGate();
    let stops = 0;
    const { ask, raise, ended, done, codes } = run(async () => ({
      stop: async () => {
        stops += 1;
        await gate.passed;
      },
    }));
    await done;
    raise(name);
    raise(name);
    raise('SIGTERM');
    expect(await statusesOf(ask)).toEqual([200, 503]);
    expect(codes).toEqual([]);
    gate.open();
    expect(await ended).toBe(0);
    expect([stops, codes]).toEqual([1, [0]]);
  });
});

describe('asked to stop', () => {
  test('while start waits for a dependency: exits 0, nothing to stop', async () => {
    const { raise, ended, context } = run(async ({ waitFor }) => {
      await waitFor('Redis', 'x', () => Promise.reject(new Error('refused')));
      return nothing;
    });
    await context;
    raise('SIGTERM');
    expect(await ended).toBe(0);
  });

  test('while start is busy with something else: what it then returns is stopped', async () => {
    const gate = createGate();
    let stopped = false;
    const { raise, ended, context } = run(async () => {
      await gate.passed;
      return { stop: async () => void (stopped = true) };
    });
    await context;
    raise('SIGTERM');
    gate.open();
    expect([await ended, stopped]).toEqual([0, true]);
  });

  test('and it never ends: cut off after the drain time', async () => {
    const { raise, ended, done, clock, codes } = run(async () => ({ stop: () => new Promise<void>(() => undefined) }));
    await done;
    raise('SIGTERM');
    await clock.advance(5_900);
    expect(codes).toEqual([]);
    await clock.advance(200);
    expect(await ended).toBe(0);
  });

  test('and stop fails: exits 1', async () => {
    const { raise, ended, done } = run(async () => ({ stop: () => Promise.reject(new Error('odd')) }));
    await done;
    raise('SIGTERM');
    expect(await ended).toBe(1);
  });
});

describe('something unplanned exits 1', () => {
  test('start fails', async () => {
    const { ended } = run(() => Promise.reject(new TypeError('odd')));
    expect(await ended).toBe(1);
  });
  test.each(['uncaughtException', 'unhandledRejection'])('%s', async (event) => {
    const { raise, ended, done } = run(async () => nothing);
    await done;
    raise(event, new TypeError('odd'));
    expect(await ended).toBe(1);
  });
  test('the app says that it cannot go on', async () => {
    const { context, ended } = run(async () => nothing);
    (await context).crash(new Error('the consumer died'));
    expect(await ended).toBe(1);
  });
  test('but a rejection that the app knows to be harmless does not', async () => {
    const known = new Error('a broker went away');
    const { raise, ended, done, codes } = run(
      async () => nothing,
      (error) => error === known,
    );
    await done;
    raise('unhandledRejection', known);
    expect(codes).toEqual([]);
    raise('unhandledRejection', new Error('another'));
    expect(await ended).toBe(1);
  });
  test('its port is taken', async () => {
    const { context } = run(async () => nothing);
    const { port } = (await context).operations;
    const second = createProcess({ ...sound, METRICS_PORT: String(port) });
    await runService({ name: 'second', config, start: async () => nothing }, second.host);
    expect(second.codes).toEqual([1]);
  });
});
