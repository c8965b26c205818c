import { describe, expect, test } from '@jest/globals';
import type { FillRequest } from '@porchlight/estimate-cache';
import { createApiBench, type ApiBench } from '../testing/api-bench.ts';
import { askedAs, cachedStates, faults, formsOf, prepare, type HiddenHome } from '../testing/hidden-home.ts';
import { settle } from '../testing/reading-bench.ts';
import type { Canary } from '../testing/leak-judge.ts';
import { trustedViewerOf } from '../viewer/trusted-viewer.ts';

/** One digit each, and fifteen. */
const small: Canary = { valueUsd: 1, lowUsd: 0, highUsd: 2, computedAt: 3 };
const large: Canary = {
  valueUsd: 131_845_920_617_283,
  lowUsd: 202_918_375_566_109,
  highUsd: 218_273_650_948_172,
  computedAt: 158_394_720_615_377,
};

const hiddenFrom = (verdict: 'agent' | 'withheld'): HiddenHome['hidden'] => ({
  facts: { status: 'active', mlsId: null, overrideLevel: verdict === 'agent' ? 'agent' : 'nobody' },
  role: 'verified',
  verdict,
  name: verdict,
});

const CACHE_METHODS = ['read', 'acquire', 'fill', 'release', 'forget', 'invalidate', 'touch', 'recheck'] as const;

/** Facts that are kept alone are no fill of a value: nobody was asked for one. */
const isOfFactsAlone = (name: string, [requests]: readonly unknown[]): boolean =>
  name === 'cache.fill' && (requests as FillRequest[]).every(({ estimate }) => estimate === 'unknown');

/** Notes each call of what lies behind the read path, with how many homes it names. */
function keepLedger({ beforeCache, beforeCatalog, beforeChecks, source }: ApiBench): string[] {
  const ledger: string[] = [];
  const note =
    (name: string, next?: (...args: never[]) => unknown) =>
    (...args: never[]): unknown => {
      const called = isOfFactsAlone(name, args) ? 'cache.facts-alone' : name;
      ledger.push(`${called} ${(args[0] as { length?: number } | undefined)?.length}`);
      return next?.(...args);
    };
  const noteAll = (port: string, before: object, methods: readonly string[]): void => {
    for (const method of methods) {
      const broken = (before as Record<string, ((...args: never[]) => unknown) | undefined>)[method];
      Object.assign(before, { [method]: note(`${port}.${method}`, broken) });
    }
  };
  noteAll('cache', beforeCache, CACHE_METHODS);
  noteAll('catalog', beforeCatalog, ['factsOf']);
  noteAll('checks', beforeChecks, ['factsOf']);
  source.fetch = note('source.fetch', source.fetch.bind(source)) as typeof source.fetch;
  return ledger;
}

/** What an answer is, and all that was done for it. */
async function answerOf(scenario: HiddenHome, form: string) {
  const bench = await createApiBench({ viewerOf: trustedViewerOf({ gatewaySecret: undefined }) });
  await prepare(bench, scenario);
  const ledger = keepLedger(bench);
  const askedAt = bench.clock.now();
  const asked = formsOf(scenario.deadlineMs)[form];
  if (asked === undefined) throw new Error(`there is no form ${form}`);
  let isDone = false;
  const answering = bench.app.inject(askedAs(scenario.hidden.role, asked)).finally(() => void (isDone = true));
  for (let step = 0; step < 100 && !isDone; step += 1) {
    await settle();
    if (!isDone) await bench.clock.advance(10);
  }
  const { statusCode, headers, rawPayload } = await answering;
  const tookMs = bench.clock.now() - askedAt;
  await settle();
  await bench.app.close();
  const { date, ...others } = headers;
  expect(typeof date === 'string' || date === undefined).toBe(true);
  return { statusCode, headers: others, bytes: rawPayload.toString('latin1'), ledger, tookMs };
}

const FORMS = ['single', 'batch', 'map', 'batch as events', 'map as lines'] as const;

describe('a value of one digit and one of fifteen that a viewer may not see', () => {
  test.each(FORMS)('cost the same bytes, headers and work, whatever is cached: %s', async (form) => {
    for (const verdict of form === 'single' ? (['agent', 'withheld'] as const) : (['agent'] as const)) {
      for (const cached of cachedStates) {
        const scenario = {
          hidden: hiddenFrom(verdict),
          cached,
          fault: 'none',
          hasAgent: false,
          deadlineMs: 1_000,
        } as const;
        const [one, other] = [
          await answerOf({ ...scenario, canary: small }, form),
          await answerOf({ ...scenario, canary: large }, form),
        ];
        expect([verdict, cached, one]).toEqual([verdict, cached, other]);
        // Nobody pays to learn what may not be told.
        expect(one.ledger.filter((call) => call.startsWith('source') || call.startsWith('cache.fill'))).toEqual([]);
        expect(one.ledger.some((call) => call.startsWith('cache.read'))).toBe(true);
      }
    }
  });

  test.each(faults)('cost the same with the fault "%s"', async (fault) => {
    const scenario = {
      hidden: hiddenFrom('agent'),
      cached: 'softly expired',
      fault,
      hasAgent: false,
      deadlineMs: 100,
    } as const;
    const [one, other] = [
      await answerOf({ ...scenario, canary: small }, 'batch'),
      await answerOf({ ...scenario, canary: large }, 'batch'),
    ];
    expect(one).toEqual(other);
  });

  test('whoever may not see it is told which role may, and nothing else', async () => {
    const scenario = {
      hidden: hiddenFrom('agent'),
      cached: 'fresh',
      fault: 'none',
      hasAgent: false,
      deadlineMs: 0,
    } as const;
    const { bytes } = await answerOf({ ...scenario, canary: large }, 'single');
    expect(bytes).toBe('{"propertyId":"p-hidden","status":"restricted","requiredRole":"agent"}');
  });

  test('the control: to whoever may see them they differ in length', async () => {
    const scenario = { hidden: { ...hiddenFrom('agent'), role: 'agent' }, cached: 'fresh', fault: 'none' } as const;
    const [one, other] = [
      await answerOf({ ...scenario, hasAgent: false, deadlineMs: 0, canary: small }, 'single'),
      await answerOf({ ...scenario, hasAgent: false, deadlineMs: 0, canary: large }, 'single'),
    ];
    expect(Number(other.headers['content-length']) - Number(one.headers['content-length'])).toBe(4 * 14);
  });
});
