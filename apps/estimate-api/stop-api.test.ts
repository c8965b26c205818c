import { expect, test } from '@jest/globals';
import { ManualClock, turn } from '@porchlight/stream';
import { stopApi, STOP_TAIL_MS } from './stop-api.ts';

const never = new Promise<never>(() => undefined);

function bench(
  work: { server?: Promise<unknown>; reader?: Promise<void>; keepServingMs?: number; drainMs?: number } = {},
) {
  const clock = new ManualClock();
  const steps: string[] = [];
  const eventsMs: number[] = [];
  const step = (name: string, until: Promise<unknown> = Promise.resolve()) => {
    steps.push(name);
    return until as Promise<void>;
  };
  const stopped = stopApi({
    clock,
    drainMs: work.drainMs ?? 5_000,
    keepServingMs: work.keepServingMs ?? 0,
    closeServer: () => step('close server', work.server),
    cutServer: () => void step('cut server'),
    readerSettled: () => step('reader settled', work.reader),
    endPolls: () => void step('end polls'),
    closeEvents: (withinMs) => (eventsMs.push(withinMs), step('close events')),
    closeConnections: () => step('close connections'),
  });
  return { clock, steps, stopped, eventsMs };
}

const TAIL = ['reader settled', 'end polls', 'close events', 'close connections'];

test('answers, then what was paid for, then events, then connections; nobody is cut off who is served in time', async () => {
  const { steps, stopped, clock } = bench();
  await stopped;
  expect([steps, clock.nextAt]).toEqual([['close server', ...TAIL], null]);
});

test('a caller that never goes is cut off before the drain time ends, and the rest is done in order', async () => {
  const { steps, stopped, clock } = bench({ server: never });
  await clock.advance(5_000 - STOP_TAIL_MS - 1);
  expect(steps).toEqual(['close server']);
  await clock.advance(1);
  await stopped;
  expect(steps).toEqual(['close server', 'cut server', ...TAIL]);
});

test('a fetch that never ends does not keep events and connections open', async () => {
  const { steps, stopped, clock } = bench({ reader: never });
  await turn();
  expect(steps).toEqual(['close server', 'reader settled']);
  await clock.advance(5_000);
  await stopped;
  expect(steps).toEqual(['close server', ...TAIL]);
});

test('events get what is left of the drain time, and a moment if nothing is', async () => {
  const { stopped, clock, eventsMs } = bench({ server: new Promise((resolve) => void setImmediate(resolve)) });
  await stopped;
  expect(eventsMs).toEqual([5_000]);
  const late = bench({ reader: never });
  await late.clock.advance(5_000);
  await late.stopped;
  expect(late.eventsMs).toEqual([200]);
  expect(clock.nextAt).toBe(null);
});

test('callers are served as before until the time to keep serving is over', async () => {
  const { steps, stopped, clock } = bench({ keepServingMs: 2_000 });
  await clock.advance(1_999);
  expect(steps).toEqual([]);
  await clock.advance(1);
  await stopped;
  expect(steps).toEqual(['close server', ...TAIL]);
});

test.each([
  ['has the longest deadline to be answered', 25_000, 25_000 - STOP_TAIL_MS - 5_000, 5_000],
  ['has half of a short drain time', 5_000, 2_000, 2_000],
  ['has a part of the shortest one too', 400, 100, 100],
])(
  'whoever asks while a stop that is to serve on for too long does so %s (%p ms)',
  async (_, drainMs, servesMs, answersMs) => {
    const { steps, stopped, clock } = bench({ keepServingMs: 60_000, server: never, drainMs });
    await clock.advance(servesMs - 1);
    expect(steps).toEqual([]);
    await clock.advance(1);
    expect(steps).toEqual(['close server']);
    await clock.advance(answersMs - 1);
    expect(steps).toEqual(['close server']);
    await clock.advance(1);
    await stopped;
    expect(steps).toEqual(['close server', 'cut server', ...TAIL]);
  },
);
