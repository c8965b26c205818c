import { describe, expect, test } from '@jest/globals';
import { driveOpenLoop, type CallObserver, type Pace } from './open-loop.ts';
import type { PlannedCall } from './planned-call.ts';

const at = (...times: number[]): PlannedCall[] =>
  times.map((atMs, index) => ({ kind: 'single', atMs, sessionId: 's', role: 'unregistered', propertyId: `p${index}` }));

/** A clock that stands still but for the driver's own waits, and a server whose answers come when the test says. */
function stage() {
  let now = 1_000;
  const sentAt: number[] = [];
  const answers: (() => void)[] = [];
  const seen: string[] = [];
  const pace: Pace = {
    now: () => now,
    waitUntil: async (atMs) => {
      now = Math.max(now, atMs);
    },
  };
  const send = (): Promise<string> => {
    sentAt.push(now - 1_000);
    return new Promise((resolve) => answers.push(() => resolve('ok')));
  };
  const idOf = (call: PlannedCall): string => (call.kind === 'single' ? call.propertyId : '');
  const observer: CallObserver<string> = {
    answered: (call, answer, latencyMs) => void seen.push(`${idOf(call)} ${answer} ${latencyMs}`),
    failed: (call, error, latencyMs) => void seen.push(`${idOf(call)} ${String(error)} ${latencyMs}`),
    shed: (call) => void seen.push(`${idOf(call)} shed`),
  };
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  };
  const advance = (ms: number): void => {
    now += ms;
  };
  return { pace, send, observer, sentAt, answers, seen, turns, advance };
}

describe('the open loop', () => {
  test('sends every call at its time while the server answers none', async () => {
    const { pace, send, observer, sentAt, answers, seen, turns } = stage();
    const driving = driveOpenLoop(at(0, 100, 200, 5_000), {
      send,
      observer,
      pace,
      inFlightMax: 10,
      signal: new AbortController().signal,
    });
    await turns();
    expect(sentAt).toEqual([0, 100, 200, 5_000]);
    expect(seen).toEqual([]);
    answers.forEach((answer) => answer());
    await driving;
    // all answers came at 5 s: each latency counts from the intended start
    expect(seen).toEqual(['p0 ok 5000', 'p1 ok 4900', 'p2 ok 4800', 'p3 ok 0']);
  });

  test('counts latency from the intended start when it is itself late', async () => {
    const { pace, send, observer, answers, seen, turns, advance } = stage();
    function* latePlan(): Generator<PlannedCall> {
      advance(700); // the machine was busy before the call that was meant for 0
      yield* at(0);
    }
    const signal = new AbortController().signal;
    const driving = driveOpenLoop(latePlan(), { send, observer, pace, inFlightMax: 1, signal });
    await turns();
    answers[0]?.();
    await driving;
    expect(seen).toEqual(['p0 ok 700']);
  });

  test('sheds above the limit, and sends again when there is room', async () => {
    const { pace, send, observer, sentAt, answers, seen, turns } = stage();
    function* plan(): Generator<PlannedCall> {
      const [a, b, c, d] = at(0, 1, 2, 3);
      yield a!;
      yield b!;
      yield c!;
      answers[0]?.();
      yield d!;
    }
    const signal = new AbortController().signal;
    const slowPace: Pace = {
      now: () => pace.now(),
      waitUntil: async (when, cut) => (await turns(), pace.waitUntil(when, cut)),
    };
    const driving = driveOpenLoop(plan(), { send, observer, pace: slowPace, inFlightMax: 2, signal });
    for (let each = 0; each < 10; each += 1) await turns();
    expect(sentAt).toEqual([0, 1, 3]);
    answers.forEach((answer) => answer());
    await driving;
    expect(seen.filter((line) => line.endsWith('shed'))).toEqual(['p2 shed']);
  });

  test('goes on after a call that failed', async () => {
    const { pace, observer, seen } = stage();
    const send = (call: PlannedCall): Promise<string> =>
      call.atMs === 0 ? Promise.reject(new Error('refused')) : Promise.resolve('ok');
    await driveOpenLoop(at(0, 10), { send, observer, pace, inFlightMax: 9, signal: new AbortController().signal });
    expect(seen.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual(['p0 Error: refused', 'p1 ok 0']);
  });

  test('sends nothing more after the signal, of a plan without an end too', async () => {
    const { pace, send, observer, sentAt, answers, turns } = stage();
    const stop = new AbortController();
    function* endless(): Generator<PlannedCall> {
      for (let atMs = 0; ; atMs += 10) {
        if (atMs === 30) stop.abort();
        yield* at(atMs);
      }
    }
    const driving = driveOpenLoop(endless(), { send, observer, pace, inFlightMax: 99, signal: stop.signal });
    await turns();
    answers.forEach((answer) => answer());
    await driving;
    expect(sentAt).toEqual([0, 10, 20]);
  });
});
