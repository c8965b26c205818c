import { expect, test } from '@jest/globals';
import { ManualClock, type PartitionState } from '@porchlight/stream';
import { partitionsThatGetOn, startWriterHeartbeat } from './writer-heartbeat.ts';

const at = (partition: number, lagAgeMs: number): PartitionState => ({
  topic: 'warmup.estimates',
  partition,
  nextOffset: null,
  lag: 0,
  lagAgeMs,
  inFlight: 0,
  queued: 0,
  paused: false,
  waitingFor: null,
});

const SESSION_MS = 30_000;

function setUp(partitions: () => PartitionState[], { heardAt }: { heardAt?: (now: number) => number | null } = {}) {
  const clock = new ManualClock();
  const beats: [number, number[]][] = [];
  const begin = clock.now();
  const failures: Error[] = [];
  const told: unknown[] = [];
  const progress = {
    beat: async (alive: readonly number[]) => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      beats.push([clock.now() - begin, [...alive]]);
    },
  };
  const lastHeartbeatAt = () => (heardAt === undefined ? clock.now() : heardAt(begin));
  const end = startWriterHeartbeat({
    progress,
    clock,
    state: () => ({ partitions: partitions(), lastHeartbeatAt: lastHeartbeatAt() }),
    sessionMs: SESSION_MS,
    onLost: (error) => void told.push(error),
    onBack: () => void told.push('back'),
  });
  return { clock, beats, failures, told, end };
}

test('a partition gets on while its oldest unwritten record is younger than fifteen seconds, an idle one too', () => {
  expect(partitionsThatGetOn([at(0, 0), at(1, 14_999), at(2, 15_000)])).toEqual([0, 1]);
});

test('beats at once and each second, for what is assigned now', async () => {
  let assigned = [at(0, 0), at(1, 0)];
  const { clock, beats, end } = setUp(() => assigned);
  await clock.advance(1_000);
  assigned = [at(1, 0), at(2, 60_000)];
  await clock.advance(1_000);
  end();
  await clock.advance(5_000);
  expect(beats).toEqual([
    [0, [0, 1]],
    [1_000, [0, 1]],
    [2_000, [1]],
  ]);
});

test('says nothing when no partition gets on', async () => {
  const { clock, beats, end } = setUp(() => [at(0, 20_000)]);
  await clock.advance(3_000);
  end();
  expect(beats).toEqual([]);
});

test('says nothing once the group has not answered for a session: somebody else may hold the partitions', async () => {
  const { clock, beats, end } = setUp(() => [at(0, 0)], { heardAt: (begin) => begin + 500 });
  await clock.advance(60_000);
  end();
  expect(beats.at(-1)).toEqual([30_000, [0]]);
  expect(beats.length).toBe(31);
});

test('says nothing before the group has answered for the first time', async () => {
  const { clock, beats, end } = setUp(() => [at(0, 0)], { heardAt: () => null });
  await clock.advance(3_000);
  end();
  expect(beats).toEqual([]);
});

test('a beat that fails is missed, and the next one comes; an outage is told once at each end', async () => {
  const { clock, beats, failures, told, end } = setUp(() => [at(0, 0)]);
  await clock.advance(0);
  failures.push(...Array.from({ length: 3 }, (_, nth) => new Error(`down ${nth}`)));
  await clock.advance(5_000);
  failures.push(new Error('down again'));
  await clock.advance(1_000);
  end();
  expect(beats.map(([atMs]) => atMs)).toEqual([0, 4_000, 5_000]);
  expect(told).toEqual([new Error('down 0'), 'back', new Error('down again')]);
});
