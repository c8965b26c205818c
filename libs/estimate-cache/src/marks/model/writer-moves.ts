import { invalidate } from '../../transitions/invalidate.ts';
import {
  doubtBucket,
  keepLesson,
  learnMarks,
  learnResets,
  markRoundOf,
  openLedger,
  resetsOf,
  type MarkRound,
} from '../ledger.ts';
import { mark } from '../mark.ts';
import type { FeedPosition, FeedUntil, LogRange, MarkAnswer, ResetAnswer } from '../port.ts';
import { raiseSince, reset } from '../reset.ts';
import { newEpochIn, replaced, runName, spend } from './memory-moves.ts';
import { modelConfig, REDIS_NOW } from './outside-moves.ts';
import type { Move } from './move.ts';
import {
  newSession,
  TOPIC,
  type BucketMemory,
  type LogRecord,
  type MarkState,
  type MarkWorld,
  type ModelSession,
} from './state.ts';

/** One process with one of its partitions. */
interface At {
  readonly process: number;
  readonly partition: number;
}

const move = ({ process, partition }: At, does: string, to: MarkState, breach: string | null = null) => ({
  who: `writer ${process}/${partition}`,
  does,
  to,
  breach,
});

function withSession(state: MarkState, { process, partition }: At, session: ModelSession | null): MarkState {
  const mine = replaced(state.sessions[process] ?? [], partition, session);
  return { ...state, sessions: replaced(state.sessions, process, mine) };
}

function rangeOf(state: MarkState, partition: number): LogRange {
  const log = state.logs[partition] ?? { start: 0, records: [] };
  return { startOffset: BigInt(log.start), endOffset: BigInt(log.records.length) };
}

/** MARK on every bucket; what each then remembers, and what it answered. */
function askAll(state: MarkState, round: MarkRound) {
  const answers: MarkAnswer[] = [];
  const memories = state.memories.map((memory, bucket): BucketMemory => {
    const command = round.commands[bucket];
    if (command === undefined) return memory;
    const step = mark(memory.mark, command, runName(state, bucket));
    answers.push(step.answer);
    return step.state === memory.mark ? memory : { ...memory, mark: step.state };
  });
  return { memories, answers };
}

/** A partition comes to this process, which asks before it applies anything. */
function beginMoves(state: MarkState, world: MarkWorld, at: At): Move[] {
  const owner = state.owners[at.partition] ?? null;
  if (owner === at.process || state.sessions[at.process]?.[at.partition] != null) return [];
  if (owner !== null && state.left.takeovers === 0) return [];
  const left = owner === null ? state.left : spend(state, 'takeovers');
  const nextOffset = BigInt(state.committed[at.partition] ?? 0);
  const position: FeedPosition = {
    topic: TOPIC,
    partition: at.partition,
    nextOffset,
    until: null,
    log: rangeOf(state, at.partition),
  };
  const round = markRoundOf(openLedger(state.memories.length, nextOffset), position);
  const { memories, answers } = askAll(state, round);
  const { ledger, replayFrom } = learnMarks(round, position, answers);
  const start = Number(replayFrom ?? nextOffset);
  const noted = world.without === 'since after the position' ? state.now : null;
  const session = { ...newSession(ledger, start), noted };
  const owned = { ...state, memories, owners: replaced(state.owners, at.partition, at.process), left };
  return [move(at, `begins at ${start}`, withSession(owned, at, session))];
}

/** Where it goes on if the log no longer has what comes next. */
const startOf = (state: MarkState, { partition }: At, session: ModelSession): ModelSession => {
  const start = state.logs[partition]?.start ?? 0;
  return session.begun >= start ? session : { ...session, begun: start, counted: start };
};

function applied(state: MarkState, world: MarkWorld, record: LogRecord): readonly BucketMemory[] {
  if (record.isUnreadable) {
    return state.memories.map((memory) => ({ ...memory, mark: raiseSince(memory.mark, state.now) }));
  }
  const bucket = world.homes[record.home]?.bucket ?? 0;
  const memory = state.memories[bucket];
  const home = memory?.homes[record.home];
  if (memory === undefined || home === undefined) return state.memories;
  const command = { visibilityVersion: record.version, newEpoch: newEpochIn(state) };
  const after = invalidate(home, command, REDIS_NOW, modelConfig).state;
  return replaced(state.memories, bucket, { ...memory, homes: replaced(memory.homes, record.home, after) });
}

function applyMoves(state: MarkState, world: MarkWorld, at: At, session: ModelSession): Move[] {
  const moves: Move[] = [];
  const here = startOf(state, at, session);
  const record = state.logs[at.partition]?.records[here.begun];
  const next = { ...here, begun: here.begun + 1 };
  if (record !== undefined) {
    const memories = applied(state, world, record);
    const to = withSession({ ...state, memories }, at, next);
    moves.push(move(at, `applies offset ${here.begun}, version ${record.version} of home ${record.home}`, to));
  }
  if (record !== undefined && !record.isUnreadable && state.left.doubts > 0) {
    const bucket = world.homes[record.home]?.bucket ?? 0;
    const doubted = { ...next, ledger: doubtBucket(next.ledger, bucket) };
    const to = withSession({ ...state, hasLost: true, left: spend(state, 'doubts') }, at, doubted);
    moves.push(move(at, `passes over offset ${here.begun}: bucket ${bucket} does not answer`, to));
  }
  if (here.begun > here.counted || here !== session) {
    moves.push(move(at, `counts up to ${here.begun}`, withSession(state, at, { ...here, counted: here.begun })));
  }
  return moves;
}

/** T and then the end of the partition; in one step, since what comes in between can only make the claim a weaker one. */
function untilIn(state: MarkState, world: MarkWorld, endOffset: bigint, { noted }: ModelSession): FeedUntil | null {
  if (state.row === null) return null;
  const at = state.row.publishedUntilAt;
  if (world.without !== 'T before the end') return { at, endOffset };
  return noted === null ? null : { at, endOffset: BigInt(noted) };
}

function askMoves(state: MarkState, world: MarkWorld, at: At, session: ModelSession): Move[] {
  const log = rangeOf(state, at.partition);
  const end = Number(log.endOffset);
  const moves: Move[] = [];
  if (world.without === 'T before the end' && session.noted !== end) {
    moves.push(move(at, `asks for the end: ${end}`, withSession(state, at, { ...session, noted: end })));
  }
  if (session.asked !== null || session.lost.length > 0) return moves;
  const until = untilIn(state, world, log.endOffset, session);
  const position = { topic: TOPIC, partition: at.partition, nextOffset: BigInt(session.counted), until, log };
  const round = markRoundOf(session.ledger, position);
  const { memories, answers } = askAll(state, round);
  const asked = { ...session, ledger: round.ledger, asked: { round, position, answers } };
  const said = round.commands.map(
    ({ run, fromOffset, toOffset, untilAt }) => `${run} [${fromOffset}, ${toOffset}) T ${untilAt}`,
  );
  const does = `MARK ${said.join(' | ')}: ${answers.map(({ outcome }) => outcome).join(', ')}`;
  return [...moves, move(at, does, withSession({ ...state, memories }, at, asked))];
}

function learnMove(state: MarkState, at: At, session: ModelSession): Move[] {
  const { asked } = session;
  if (asked === null) return [];
  const { ledger, replayFrom, lost, resetOffset, commitOffset } = learnMarks(
    asked.round,
    asked.position,
    asked.answers,
  );
  const begun = replayFrom === null ? {} : { begun: Number(replayFrom), counted: Number(replayFrom) };
  const learnt: ModelSession = {
    ...session,
    ...begun,
    ledger: keepLesson(ledger, session.ledger),
    asked: null,
    lost,
    lostAt: lost.length === 0 ? 0 : Number(resetOffset),
  };
  const isOwner = state.owners[at.partition] === at.process;
  const committed = isOwner ? replaced(state.committed, at.partition, Number(commitOffset)) : state.committed;
  const isTakenBack = asked.answers.some(
    (answer, i) => answer?.outcome !== 'marked' && asked.round.commands[i]?.run != null,
  );
  const breach =
    isTakenBack && !state.hasLost ? 'a bucket takes back what it had acknowledged, though nothing was lost' : null;
  const does = replayFrom === null ? 'learns the answers' : `begins again at ${replayFrom}`;
  return [move(at, does, withSession({ ...state, committed }, at, learnt), breach)];
}

function resetMove(state: MarkState, world: MarkWorld, at: At, session: ModelSession): Move[] {
  const { lost, lostAt } = session;
  if (lost.length === 0) return [];
  const sinceAt = world.without === 'since after the position' ? (session.noted ?? 0) : state.now;
  const nextOffset = BigInt(lostAt);
  const commands = resetsOf({ topic: TOPIC, partition: at.partition }, nextOffset, lost, sinceAt);
  const answers: ResetAnswer[] = [];
  let memories = state.memories;
  for (const {
    bucket,
    commands: [command],
  } of commands) {
    const memory = memories[bucket];
    if (memory === undefined || command === undefined) continue;
    const step = reset(memory.mark, command);
    answers.push(step.answer);
    memories = replaced(memories, bucket, { ...memory, mark: step.state });
  }
  const ledger = keepLesson(learnResets(session.ledger, nextOffset, lost, answers), session.ledger);
  const does = `RESET ${lost.map(({ bucket }) => bucket).join(', ')} to ${nextOffset} since ${sinceAt}: ${answers.join(', ')}`;
  return [move(at, does, withSession({ ...state, memories }, at, { ...session, ledger, lost: [], lostAt: 0 }))];
}

function endMoves(state: MarkState, at: At): Move[] {
  const moves: Move[] = [];
  if (state.owners[at.partition] !== at.process) {
    moves.push(move(at, 'sees that the partition is another’s', withSession(state, at, null)));
  } else if (state.left.crashes > 0) {
    const owners = replaced(state.owners, at.partition, null);
    moves.push(move(at, 'dies', withSession({ ...state, owners, left: spend(state, 'crashes') }, at, null)));
  }
  return moves;
}

/** What the invalidators do, each with each of its partitions. */
export function writerMoves(state: MarkState, world: MarkWorld): Move[] {
  return state.sessions.flatMap((sessions, process) =>
    sessions.flatMap((session, partition) => {
      const at = { process, partition };
      if (session === null) return beginMoves(state, world, at);
      return [
        ...applyMoves(state, world, at, session),
        ...askMoves(state, world, at, session),
        ...learnMove(state, at, session),
        ...resetMove(state, world, at, session),
        ...endMoves(state, at),
      ];
    }),
  );
}
