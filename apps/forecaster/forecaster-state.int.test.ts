import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { topics, type SessionView } from '@porchlight/contracts';
import { viewportAround } from '@porchlight/geo';
import { changelogTopicFor, type StreamApp } from '@porchlight/stream';
import { openRealStream, renamedTopics, untilTrue, type RealStream } from '@porchlight/stream-app/testing';
import { createForecaster } from './forecaster.task.ts';
import { alwaysBy } from './session-plan.ts';
import type { SettledView } from './strategies/forecast-strategy.ts';
import { thinRing } from './strategies/thin-ring.ts';

const streams = renamedTopics({
  input: topics.viewportViewed,
  output: topics.warmupCandidates,
  state: topics.forecasterChangelog,
});

/** A view that names itself by its longitude. */
const viewAt = (step: number): SettledView => ({
  viewport: viewportAround(
    { latitude: 47.66, longitude: -122 + step / 100 },
    { zoom: 17, widthPixels: 1_280, heightPixels: 800 },
  ),
  zoom: 17,
});

let stream: RealStream;
let folder: string;
/** What the strategy was told of each session's view before. */
const told: { at: SettledView; previous: SettledView | null }[] = [];

const forecaster = () => ({
  ...createForecaster({
    planOf: alwaysBy({
      ...thinRing,
      viewsAfter: ({ viewport, zoom }, previous) => {
        told.push({ at: { viewport, zoom }, previous });
        return [];
      },
    }),
    tileHomes: { of: async () => new Map() },
    homesPerForecastMax: 20,
    count: () => undefined,
    streams,
  }),
  startFrom: 'earliest' as const,
});

const start = (disk: string): Promise<StreamApp> => stream.start([forecaster()], { stateDir: join(folder, disk) });

let events = 0;
const look = (session: string, step: number): Promise<void> =>
  stream.publish(streams.input, session, {
    ...viewAt(step),
    eventId: `0190a000-0000-7000-8000-${String((events += 1)).padStart(12, '0')}`,
    sessionKey: session,
    propertyIds: [],
    hitCount: 0,
    warmedHitCount: 0,
    missedCount: 0,
    pendingCount: 0,
    viewedAt: Date.now(),
  });

/** @returns the step of the view that the strategy was told for this one; null if none */
async function previousOf(step: number): Promise<SettledView | null> {
  const west = viewAt(step).viewport.west;
  const found = () => told.find(({ at }) => at.viewport.west === west);
  await untilTrue(`the forecast of step ${step}`, () => found() !== undefined);
  return found()?.previous ?? null;
}

beforeAll(async () => {
  stream = await openRealStream(Object.values(streams));
  folder = await mkdtemp(join(tmpdir(), 'forecaster-state-'));
});
afterAll(async () => {
  await stream?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The same task in a process of its own, which says when the group's state is written. */
function startKilled(): { child: ChildProcess; forecast: Promise<void> } {
  const child = fork(new URL('forecaster-member.ts', import.meta.url), [], {
    env: {
      ...process.env,
      MEMBER: JSON.stringify({ groupId: stream.groupId, streams, stateDir: join(folder, 'first') }),
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const forecast = new Promise<void>((resolve) => child.once('message', () => resolve()));
  return { child, forecast };
}

const views = async (): Promise<Map<string | null, SessionView>> =>
  new Map((await stream.stateOf(streams.state)).map(({ key, value }) => [key, value]));

test("a session's last view survives kill -9, a lost disk and a move to another process, and each view counts once", async () => {
  const { child, forecast } = startKilled();
  const exited = new Promise((resolve) => child.once('exit', resolve));
  await look('ann', 1);
  await forecast;
  await untilTrue('the state of the first view', async () => (await views()).get('sessions\0ann')?.viewCount === 1);
  child.kill('SIGKILL');
  await exited;

  const onSameDisk = await start('first');
  await look('ann', 2);
  expect(await previousOf(2)).toEqual(viewAt(1));
  await onSameDisk.stop();

  const onNewDisk = await start('second');
  await look('ann', 3);
  expect(await previousOf(3)).toEqual(viewAt(2));

  const other = await start('third');
  await untilTrue('two processes with partitions', () => other.state().partitions.length > 0);
  await look('ann', 4);
  expect(await previousOf(4)).toEqual(viewAt(3));
  await onNewDisk.stop();
  await look('ann', 5);
  expect(await previousOf(5)).toEqual(viewAt(4));
  await other.stop();
  expect((await views()).get('sessions\0ann')).toMatchObject({ viewCount: 5, zoom: 17 });
  expect([stream.fatal, changelogTopicFor(stream.groupId)]).toEqual([[], `${stream.groupId}.changelog`]);
}, 90_000);
