import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe } from '@jest/globals';
import { eventually } from '@porchlight/clock/testing';
import type { RawRecord, StreamApp, StreamTask, TaskDefinition, Topic } from '../port.ts';
import { deadLetterTopicFor } from '../run-loop/dead-letter.ts';
import type { RunLoopSettings } from '../settings.ts';
import { MemoryDisk } from '../state/memory-disk.ts';
import { clientToTest, jsonSerde, openRealKafka, type RealKafka } from './real-kafka.ts';
import { createRecordingMetrics, skippedIn } from './recording-metrics.ts';
import { createTestRun, type TestRun } from './test-run.ts';

export interface BedRecord<V> {
  readonly partition?: number;
  readonly key?: string;
  readonly value?: V;
  /** Instead of a value; null is a tombstone. */
  readonly bytes?: Buffer | null;
  readonly headers?: Record<string, string>;
  /** UTC milliseconds. Default: now. */
  readonly timestamp?: number;
}

/** A log to keep promises on: in memory with a clock of its own, or a real broker. */
export interface TestBed {
  readonly kind: 'memory' | 'kafka';
  readonly fatal: readonly Error[];
  /** @param config  of the broker's topic; in memory everything is taken */
  createTopic<V>(name: string, partitions?: number, config?: Record<string, string>): Promise<Topic<V>>;
  append<V>(topic: Topic<V>, records: readonly BedRecord<V>[]): Promise<void>;
  /** Starts one more process of the group. */
  startMember(
    definitions: readonly TaskDefinition<unknown>[],
    settings?: Partial<RunLoopSettings>,
    /** Members that are given one name have one disk, one after the other. Default: a disk of its own. */
    disk?: string,
  ): Promise<StreamApp>;
  /** The compacted topic that tasks with stores need. */
  createChangelog(partitions?: number): Promise<void>;
  /** So many records of the changelog each restore has read, in order. */
  restored(): number[];
  /** Records that came again after their effects were in. */
  alreadyDone(): number;
  /** UTC milliseconds, as the members see it. */
  now(): number;
  /** Sets the group's offset as an operator does; the group must not be running. */
  setStart(topic: Topic<unknown>, partition: number, offset: bigint): Promise<void>;
  /** Forgets records as retention does. */
  deleteBefore(topic: Topic<unknown>, partition: number, offset: bigint): Promise<void>;
  /** Adds partitions, with records in them before any member knows of them. */
  grow<V>(topic: Topic<V>, partitions: number, records: readonly BedRecord<V>[]): Promise<void>;
  /** What members have passed over: topic's partition, reason and number of records. */
  skipped(): string[];
  /** By partition; undefined or -1n where nothing was committed. */
  committed(topic: Topic<unknown>): Promise<bigint[]>;
  read(topic: Topic<unknown>): Promise<RawRecord[]>;
  deadLetters(): Promise<RawRecord[]>;
  /** Waits for a fact; in memory, time passes meanwhile. */
  eventually<T>(read: () => Promise<T> | T, holds: (value: T) => boolean, what: string): Promise<T>;
  close(): Promise<void>;
}

/** Steps of the manual clock while a fact is waited for, and how much time may pass in all. */
const STEP_MS = 20;
const PATIENCE_STEPS = 2_000;

function memoryBed(): TestBed & { readonly run: TestRun } {
  const run = createTestRun({ definitions: [], serde: jsonSerde });
  const disks = new Map<string, MemoryDisk>();
  const diskNamed = (name: string): MemoryDisk => {
    const disk = disks.get(name) ?? new MemoryDisk();
    disks.set(name, disk);
    return disk;
  };
  return {
    kind: 'memory',
    run,
    fatal: run.fatal,
    async createTopic(name, partitions = 1) {
      run.log.createTopic(name, partitions);
      return { name };
    },
    async append(topic, records) {
      for (const record of records) run.append({ ...record, topic });
    },
    now: () => run.clock.now(),
    setStart: async ({ name }, partition, offset) => run.log.commit(run.groupId, { topic: name, partition }, offset),
    deleteBefore: async ({ name }, partition, offset) => run.log.deleteBefore({ topic: name, partition }, offset),
    async grow(topic, partitions, records) {
      for (const record of records) run.append({ ...record, topic });
      await run.log.grow(topic.name, partitions);
    },
    skipped: () => run.skipped(),
    startMember: (definitions, settings, disk) =>
      run.startMember({
        definitions,
        ...(settings === undefined ? {} : { settings }),
        ...(disk === undefined ? {} : { disk: diskNamed(disk) }),
      }),
    createChangelog: () => Promise.resolve(),
    restored: () => run.restored(),
    alreadyDone: () => run.alreadyDone(),
    async committed(topic) {
      return Array.from(
        { length: run.log.partitionsOf(topic.name) },
        (_, partition) => run.committed(topic, partition) ?? -1n,
      );
    },
    read: async (topic) => run.log.readTopic(topic.name),
    deadLetters: async () => run.log.readTopic(deadLetterTopicFor(run.groupId)),
    async eventually(read, holds, what) {
      for (let step = 0; ; step += 1) {
        const value = await read();
        if (holds(value)) return value;
        if (step > PATIENCE_STEPS) throw new Error(`${what}: did not come`);
        await run.advance(STEP_MS);
      }
    },
    close: () => run.stop(),
  };
}

/** Made when it is first asked for. */
function temporaryFolder(): { path(): Promise<string>; remove(): Promise<void> } {
  let made: Promise<string> | undefined;
  return {
    path: () => (made ??= mkdtemp(join(tmpdir(), 'stream-state-'))),
    async remove() {
      if (made !== undefined) await rm(await made, { recursive: true, force: true });
    },
  };
}

async function kafkaBed(): Promise<TestBed & { readonly kafka: RealKafka }> {
  const kafka = await openRealKafka();
  const folder = temporaryFolder();
  const { metrics, counted } = createRecordingMetrics();
  return {
    kind: 'kafka',
    kafka,
    fatal: kafka.fatal,
    createTopic: (name, partitions, config) => kafka.createTopic(name, partitions, config),
    append: (topic, records) => kafka.append(topic, records),
    now: () => Date.now(),
    setStart: (topic, partition, offset) => kafka.setStart(topic, partition, offset),
    deleteBefore: (topic, partition, offset) => kafka.deleteBefore(topic, partition, offset),
    async grow(topic, partitions, records) {
      await kafka.grow(topic, partitions);
      await kafka.append(topic, records);
    },
    skipped: () => skippedIn(counted),
    createChangelog: (partitions) => kafka.createChangelog(partitions),
    restored: () => counted.filter(({ what }) => what === 'restored').map(({ why }) => Number(why)),
    alreadyDone: () => counted.filter(({ what }) => what === 'already-done').length,
    async startMember(definitions, runLoop = {}, disk: string = randomUUID()) {
      const app = kafka.app(definitions, { runLoop, metrics, stateDir: join(await folder.path(), disk) });
      await app.start();
      return app;
    },
    committed: (topic) => kafka.committed(topic),
    read: (topic) => kafka.read(topic.name),
    deadLetters: () => kafka.deadLetters(),
    eventually: (read, holds, what) => eventually(read, holds, what),
    async close() {
      await kafka.close();
      await folder.remove();
    },
  };
}

/**
 * Describes a promise of the runtime. The same tests run on the log in memory (unit run) and on a real broker (integration run, through
 * promises.int.test.ts).
 *
 * @param tests  gets a function, because each test has a bed of its own
 */
export function describePromise(title: string, tests: (bed: () => TestBed) => void): void {
  const isReal = process.env['PORCHLIGHT_TEST_KIND'] === 'integration';
  describe(`promise ${title} (${isReal ? `real broker, ${clientToTest()}` : 'in memory'})`, () => {
    let bed: TestBed;
    beforeEach(async () => {
      bed = isReal ? await kafkaBed() : memoryBed();
    });
    afterEach(() => bed.close());
    tests(() => bed);
  });
}

/** Describes what can only be shown in memory, where time stands still and the log fails on demand. */
export function describeInMemory(title: string, tests: () => void): void {
  if (process.env['PORCHLIGHT_TEST_KIND'] !== 'integration')
    describe(`promise ${title} (in memory, with faults)`, tests);
}

/** @returns a definition for tests: in order, from the earliest, one task for each partition */
export function reading<V>(
  input: Topic<V>,
  createTask: TaskDefinition<V>['createTask'],
  more: Partial<TaskDefinition<V>> = {},
): TaskDefinition<V> {
  return { inputs: [input], order: 'partition', startFrom: 'earliest', createTask, ...more };
}

/** A promise that is resolved from outside. */
export interface Gate {
  readonly passed: Promise<void>;
  open(): void;
}

export function createGate(): Gate {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open: () => open() };
}

/** @returns an error of a dependency that is down, or of a record that will never succeed */
export const failing = (fate: 'retry' | 'park' | 'crash', code: string): Error =>
  Object.assign(new Error(code), { fate, code });

/** @returns a task of one function */
export const processing = <V>(process: StreamTask<V>['process']): StreamTask<V> => ({ process });
