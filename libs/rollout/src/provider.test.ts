import { afterEach, describe, expect, test } from '@jest/globals';
import { OpenFeature, ProviderEvents, type Client } from '@openfeature/server-sdk';
import { memoryFlagStore } from './adapters/memory/memory-flag-store.ts';
import { printFlags, type FlagsDocument } from './flags-document.ts';
import { openFeatureProvider } from './provider.ts';
import { createRollout, FLAGS_POLL_MS } from './rollout.ts';
import { ManualClock } from '@porchlight/clock/testing';

const documentOf = (version: number, flags: FlagsDocument['flags']): string =>
  printFlags({ version, changedAt: 0, flags });
const half = documentOf(3, {
  'cache.read': { percent: 50, cohort: 'on', rest: 'off' },
  'forecast.strategy': { percent: 100, cohort: 'ring', rest: 'default' },
});
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Through the SDK, as an app has it. */
async function bench(text: string | null = half) {
  const clock = new ManualClock();
  const store = memoryFlagStore(text);
  const rollout = createRollout({ store, clock, log: silent });
  await OpenFeature.setProviderAndWait(openFeatureProvider(rollout));
  return { clock, store, rollout, client: OpenFeature.getClient() };
}

afterEach(() => OpenFeature.close());

const KEY = { targetingKey: 'a session' };

test('what the SDK says of a key is what the hit path is told', async () => {
  const { client, rollout } = await bench();
  const keys = Array.from({ length: 200 }, (_, at) => `session-${at}`);
  const values = await Promise.all(
    keys.map((targetingKey) => client.getBooleanValue('cache.read', true, { targetingKey })),
  );
  expect(values).toEqual(keys.map((key) => rollout.now().cohortOf('cache.read', key) === 'on'));
  expect(new Set(values).size).toBe(2);
});

describe('details', () => {
  test('of a flag that is split, of one that a cohort has whole, and of one that nobody has spoken of', async () => {
    const { client, rollout } = await bench();
    const cohort = rollout.now().cohortOf('cache.read', KEY.targetingKey);
    expect(await client.getBooleanDetails('cache.read', true, KEY)).toMatchObject({
      value: cohort === 'on',
      variant: cohort,
      reason: 'SPLIT',
      flagMetadata: { version: 3, unit: 'session' },
    });
    expect(await client.getStringDetails('forecast.strategy', 'x')).toMatchObject({
      value: 'ring',
      variant: 'ring',
      reason: 'STATIC',
    });
    expect(await client.getBooleanDetails('cache.warmup', false)).toMatchObject({
      value: true,
      variant: 'on',
      reason: 'DEFAULT',
    });
  });
});

describe('the error codes of OpenFeature, each with the caller’s own default', () => {
  const failing: [string, string, (client: Client) => Promise<{ value: unknown; errorCode?: string }>, unknown][] = [
    ['FLAG_NOT_FOUND', 'a flag that there is not', (client) => client.getBooleanDetails('cache.reed', true, KEY), true],
    ['TYPE_MISMATCH', 'a switch as a text', (client) => client.getStringDetails('cache.read', 'x', KEY), 'x'],
    ['TYPE_MISMATCH', 'a text as a switch', (client) => client.getBooleanDetails('forecast.strategy', true, KEY), true],
    ['TYPE_MISMATCH', 'a switch as a number', (client) => client.getNumberDetails('cache.read', 5, KEY), 5],
    [
      'TYPE_MISMATCH',
      'a switch as an object',
      (client) => client.getObjectDetails('cache.read', { a: 1 }, KEY),
      { a: 1 },
    ],
    ['TARGETING_KEY_MISSING', 'nobody named', (client) => client.getBooleanDetails('cache.read', true), true],
    [
      'TARGETING_KEY_MISSING',
      'an empty name',
      (client) => client.getBooleanDetails('cache.read', true, { targetingKey: '' }),
      true,
    ],
    [
      'INVALID_CONTEXT',
      'a name that is no text',
      (client) => client.getBooleanDetails('cache.read', true, { targetingKey: 5 as unknown as string }),
      true,
    ],
  ];
  test.each(failing)('%s: %s', async (errorCode, _, ask, value) => {
    const { client } = await bench();
    expect(await ask(client)).toMatchObject({ errorCode, value, reason: 'ERROR' });
  });

  test('nobody has to be named where one cohort has everybody', async () => {
    const { client } = await bench(documentOf(1, { 'cache.read': { percent: 0, cohort: 'on', rest: 'off' } }));
    const { value, errorCode } = await client.getBooleanDetails('cache.read', true);
    expect([value, errorCode]).toEqual([false, undefined]);
  });
});

test('events: another document, a store that is away, and one that answers again', async () => {
  const { clock, store, client } = await bench();
  const seen: unknown[] = [];
  client.addHandler(ProviderEvents.ConfigurationChanged, (details) => void seen.push(details?.flagsChanged));
  client.addHandler(ProviderEvents.Stale, () => void seen.push('stale'));
  store.text = documentOf(4, { 'cache.read': { percent: 51, cohort: 'on', rest: 'off' } });
  await clock.advance(FLAGS_POLL_MS);
  store.isAway = true;
  await clock.advance(FLAGS_POLL_MS);
  const whileAway = client.providerStatus;
  store.isAway = false;
  await clock.advance(FLAGS_POLL_MS);
  expect(seen).toEqual([['cache.read', 'forecast.strategy'], 'stale']);
  expect([whileAway, client.providerStatus]).toEqual(['STALE', 'READY']);
  expect((await client.getBooleanDetails('cache.read', true, KEY)).flagMetadata['version']).toBe(4);
});

test('closing the API stops the polls', async () => {
  const { clock } = await bench();
  expect(clock.waiting).toBe(1);
  await OpenFeature.close();
  expect(clock.waiting).toBe(0);
});

test('a store that is away at the start keeps nobody waiting: everything is as usual', async () => {
  const clock = new ManualClock();
  const store = memoryFlagStore(half);
  store.isAway = true;
  await OpenFeature.setProviderAndWait(openFeatureProvider(createRollout({ store, clock, log: silent })));
  expect(await OpenFeature.getClient().getBooleanValue('cache.read', false, KEY)).toBe(true);
});
