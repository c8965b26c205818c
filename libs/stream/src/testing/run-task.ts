import { StreamError } from '../errors.ts';
import type { StreamTask, TaskDefinition } from '../port.ts';
import { turn } from './manual-clock.ts';
import {
  createTestRun,
  type ParkedRecord,
  type SentRecord,
  type TestRecord,
  type TestRun,
  type TestRunOptions,
} from './test-run.ts';

export interface RunTaskOptions extends Omit<TestRunOptions, 'definitions'> {
  /** How often one run may wait for a dependency before it is taken for a test that cannot end. Default 20. */
  readonly retriesMax?: number;
  /** After the last record: lets so much time pass, for windows. Default 0. */
  readonly thenAdvanceMs?: number;
}

export interface RunTaskResult {
  /** Every output, decoded. */
  readonly sent: SentRecord[];
  /** Reasons of drops, `late` included. */
  readonly dropped: string[];
  readonly parked: ParkedRecord[];
  /** Codes of the errors that were waited for, one for each further try. */
  readonly retried: string[];
  /** Next offsets as they stand at the end, by `topic/partition`. */
  readonly committed: Readonly<Record<string, bigint>>;
}

/** Real time that a run may take, for tasks that do real work. */
const PATIENCE_MS = 5_000;

/**
 * Runs a task over records as production would, from the first to the last, and stops it. Back-off passes on the manual clock at once.
 *
 * @param what     a definition, or one task: then it reads the records' topics, in order, one instance for all partitions
 * @param records  in the order of their offsets, each partition from 0
 * @throws         the error that would have stopped the process; STILL_WAITING after `retriesMax` retries
 */
export async function runTask<V>(
  what: TaskDefinition<V> | StreamTask<V>,
  records: readonly TestRecord<V>[],
  options: RunTaskOptions = {},
): Promise<RunTaskResult> {
  const definition = 'createTask' in what ? what : definitionOf(what, records);
  const run = createTestRun({
    ...options,
    definitions: [definition],
    partitions: partitionsFor(records, options.partitions),
  });
  // After the join: a task that starts from `latest` reads them too.
  const member = await run.startMember();
  for (const record of records) run.append(record);
  await untilDone(run, records, member, options.retriesMax ?? 20);
  await run.advance(options.thenAdvanceMs ?? 0);
  await run.stop();
  if (run.fatal[0] !== undefined) throw run.fatal[0];
  const { dropped, parked, retried } = { dropped: run.dropped(), parked: run.parked(), retried: run.retried() };
  return { sent: await run.sent(), dropped, parked, retried, committed: committedBy(run, records) };
}

function definitionOf<V>(task: StreamTask<V>, records: readonly TestRecord<V>[]): TaskDefinition<V> {
  const inputs = [...new Map(records.map(({ topic }) => [topic.name, topic])).values()];
  return { inputs, order: 'partition', startFrom: 'earliest', createTask: () => task };
}

function partitionsFor(
  records: readonly TestRecord<unknown>[],
  given: Readonly<Record<string, number>> = {},
): Record<string, number> {
  const partitions: Record<string, number> = { ...given };
  for (const { topic, partition = 0 } of records)
    partitions[topic.name] = Math.max(partitions[topic.name] ?? 1, partition + 1);
  return partitions;
}

async function untilDone(
  run: TestRun,
  records: readonly TestRecord<unknown>[],
  member: Pick<Member, 'state'>,
  retriesMax: number,
): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  while (run.fatal.length === 0 && !isDone(run, records, member)) {
    if (run.retried().length > retriesMax)
      throw new StreamError(
        'STILL_WAITING',
        'crash',
        `still waiting after ${retriesMax} retries: ${run.retried().at(-1)}`,
      );
    if (Date.now() > giveUpAt)
      throw new StreamError('STILL_WAITING', 'crash', `a record did not end within ${PATIENCE_MS} ms`);
    await turn();
    // Only a wait for a dependency moves the clock: windows and deadlines move when the test says so.
    if (member.state().waitingFor.length > 0 && run.clock.nextAt !== null)
      await run.clock.advance(run.clock.nextAt - run.clock.now());
  }
}

type Member = Awaited<ReturnType<TestRun['startMember']>>;

function isDone(run: TestRun, records: readonly TestRecord<unknown>[], member: Pick<Member, 'state'>): boolean {
  const next = new Map(
    member.state().partitions.map(({ topic, partition, nextOffset }) => [`${topic}/${partition}`, nextOffset ?? 0n]),
  );
  return records.every(
    ({ topic, partition = 0 }) =>
      (next.get(`${topic.name}/${partition}`) ?? 0n) >= BigInt(run.log.read({ topic: topic.name, partition }).length),
  );
}

function committedBy(run: TestRun, records: readonly TestRecord<unknown>[]): Record<string, bigint> {
  const committed: Record<string, bigint> = {};
  for (const { topic, partition = 0 } of records) {
    const offset = run.committed(topic, partition);
    if (offset !== undefined) committed[`${topic.name}/${partition}`] = offset;
  }
  return committed;
}
