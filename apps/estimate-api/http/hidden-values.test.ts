import { describe, expect, test } from '@jest/globals';
import { createTelemetry } from '@porchlight/telemetry';
import { startTracing, type TracingOptions } from '@porchlight/telemetry/tracing';
import fc from 'fast-check';
import { createApiBench, type ApiBench } from '../testing/api-bench.ts';
import { askedAs, faults, formsOf, hiddenHomes, prepare, type HiddenHome } from '../testing/hidden-home.ts';
import { findFields, findLeak, type Canary } from '../testing/leak-judge.ts';
import { settle } from '../testing/reading-bench.ts';
import { trustedViewerOf } from '../viewer/trusted-viewer.ts';

/** Everything that was said to somebody, by where. */
type Said = Readonly<Record<string, string>>;

/** All that leaves the process while the home is asked for in every form. */
interface Heard {
  /** What those were told whose role is too low. */
  readonly told: Said;
  /** What others hear, whoever asked: logs, metrics, events. */
  readonly overheard: Said;
  /** What an agent was told who asked at the same moment. */
  readonly agent: Said;
}

const STEP_MS = 50;

type Exporter = TracingOptions['exporter'];
type Spans = Parameters<Exporter['export']>[0];

const exporterTo = (spans: Spans): Exporter => ({
  export(batch, done) {
    spans.push(...batch);
    done({ code: 0 });
  },
  shutdown: () => Promise.resolve(),
});

/** Random digits: by accident a part of one may look like a hidden figure. */
const TRACE_IDS = /"trace_id":"[0-9a-f]{32}","span_id":"[0-9a-f]{16}"/g;

/** Lets time pass until the work is done. */
async function whilePassing<T>({ clock }: ApiBench, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  done.catch(() => undefined);
  for (let step = 0; step < 200; step += 1) {
    await settle();
    if (isDone) break;
    await clock.advance(STEP_MS);
  }
  return await done;
}

async function hear(scenario: HiddenHome): Promise<Heard> {
  const lines: string[] = [];
  const spans: Spans = [];
  const telemetry = createTelemetry({
    app: 'estimate-api',
    logLevel: 'debug',
    destination: { write: (line) => void lines.push(line) },
    startTracing: (about) => startTracing({ ...about, exporter: exporterTo(spans), sampleRatio: 1 }),
  });
  const bench = await createApiBench({ telemetry, viewerOf: trustedViewerOf({ gatewaySecret: undefined }) });
  await prepare(bench, scenario);
  const { app } = bench;
  const { role } = scenario.hidden;
  const ask = async (as: typeof role): Promise<Said> => {
    const forms = Object.entries(formsOf(scenario.deadlineMs));
    const answers = await Promise.all(
      forms.map(async ([name, form]) => {
        const { statusCode, headers, rawPayload } = await app.inject(askedAs(as, form));
        return [name, `${statusCode} ${JSON.stringify(headers)}\n${rawPayload.toString('latin1')}`] as const;
      }),
    );
    return Object.fromEntries(answers);
  };
  const agent = scenario.hasAgent ? ask('agent') : Promise.resolve({});
  const [told, agents] = await whilePassing(bench, Promise.all([ask(role), agent]));
  // Again, when everything has come to rest: errors that were kept for later, values that were filled meanwhile.
  const later = await whilePassing(bench, ask(role));
  await whilePassing(bench, bench.reader.settled());
  const again = Object.entries(later).map(([name, text]) => [`${name}, later`, text]);
  await telemetry.tracing.stop();
  const overheard = {
    logs: lines.join('').replace(TRACE_IDS, ''),
    metrics: await telemetry.render(),
    events: JSON.stringify(bench.events.map(({ event }) => event)),
    traces: JSON.stringify(spans.map(({ name, attributes, events, status }) => [name, attributes, events, status])),
    'recorded metrics': JSON.stringify([bench.metered, bench.counted, bench.alerts]),
  };
  await app.close();
  await telemetry.stop();
  return { told: { ...told, ...Object.fromEntries(again) }, overheard, agent: agents };
}

/** The places in which anything of the estimate stands. */
function leaksIn({ told, overheard }: Heard, canary: Canary): string[] {
  const places = Object.entries({ ...told, ...overheard });
  const values = places.flatMap(([place, said]) => {
    const leak = findLeak(said, canary);
    return leak === null ? [] : [`${place}: ${leak}`];
  });
  const fields = Object.entries(told).flatMap(([place, said]) => {
    const found = findFields(said);
    return found === null ? [] : [`${place}: ${found}`];
  });
  return [...values, ...fields];
}

const canary: Canary = {
  valueUsd: 131_845_920_617_283,
  lowUsd: 202_918_375_566_109,
  highUsd: 218_273_650_948_172,
  computedAt: 158_394_720_615_377,
};
const agentsOwn: HiddenHome = {
  canary,
  hidden: {
    facts: { status: 'active', mlsId: 'mls-unregistered', overrideLevel: 'agent' },
    role: 'verified',
    verdict: 'agent',
    name: 'a home for agents',
  },
  cached: 'absent',
  fault: 'none',
  hasAgent: true,
  deadlineMs: 1_000,
};

describe('a value that a viewer may not see', () => {
  test('stands in no answer, header, log line, metric or event, whatever is cached and whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(hiddenHomes, async (scenario) => {
        const heard = await hear(scenario);
        expect(leaksIn(heard, scenario.canary)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  test.each(faults)(
    'nor with the fault "%s", while an agent asks for it too',
    async (fault) => {
      for (const cached of ['fresh', 'softly expired', 'changed since', 'absent'] as const) {
        const heard = await hear({ ...agentsOwn, fault, cached });
        expect([cached, leaksIn(heard, canary)]).toEqual([cached, []]);
        expect(Object.keys(heard.told)).toHaveLength(22);
      }
    },
    60_000,
  );
});

describe('what the judge must catch, or nothing is proven', () => {
  test('the agent who asked at the same moment is shown the value, in every form of an answer', async () => {
    const { agent } = await hear(agentsOwn);
    const shownIn = Object.entries(agent).flatMap(([name, said]) => (findLeak(said, canary) === null ? [] : [name]));
    expect(shownIn.sort()).toEqual(
      ['single', 'batch', 'map', 'batch as events', 'batch as lines', 'map as events', 'map as lines'].sort(),
    );
  });

  test('with a role that is taken for a higher one every form leaks, and is found', async () => {
    const heard = await hear({ ...agentsOwn, hidden: { ...agentsOwn.hidden, role: 'agent' } });
    const places = new Set(leaksIn(heard, canary).map((leak) => leak.split(':')[0]));
    for (const form of ['single', 'batch', 'map', 'batch as events', 'map as lines']) expect(places).toContain(form);
  });

  test('an error that quotes the value and is logged as it is, is found in the logs', async () => {
    const lines: string[] = [];
    const telemetry = createTelemetry({
      app: 'estimate-api',
      logLevel: 'debug',
      destination: { write: (line) => void lines.push(line) },
    });
    telemetry.log.error({ error: new TypeError(`cannot read ${JSON.stringify(canary)}`) }, 'planted');
    telemetry.metrics
      .counter('porchlight.estimate_api.requests')
      .add(1, { route: 'single', outcome: `${canary.lowUsd}` });
    const overheard = { logs: lines.join(''), metrics: await telemetry.render() };
    await telemetry.stop();
    const leaks = leaksIn({ told: {}, overheard, agent: {} }, canary);
    expect(leaks.map((leak) => leak.split(' ')[0])).toEqual(['logs:', 'metrics:']);
  });
});
