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

function setUp(partitions: () => PartitionState[]) {
  const clock = new ManualClock();
  const beats: [number, number[]][] = [];
  const begin = clock.now();
  const failures: Error[] = [];
  const errors: unknown[] = [];
  const progress = {
    beat: async (alive: readonly number[]) => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      beats.push([clock.now() - begin, [...alive]]);
    },
  };
  const end = startWriterHeartbeat({ progress, clock, partitions, onError: (error) => void errors.push(error) });
  return { clock, beats, failures, errors, end };
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

test('a beat that fails is told and missed, and the next one comes', async () => {
  const { clock, beats, failures, errors, end } = setUp(() => [at(0, 0)]);
  await clock.advance(0);
  failures.push(new Error('down'));
  await clock.advance(2_000);
  end();
  expect(beats.map(([atMs]) => atMs)).toEqual([0, 2_000]);
  expect(errors).toEqual([new Error('down')]);
});
