import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HomeResult, Question, Unfolding } from '../reading/index.ts';
import { withoutDigits } from '../unplanned.ts';
import type { Route } from './api-meter.ts';
import { cohortsOf } from './deal-out.ts';
import { STREAM_CHUNK_BYTES_MAX, STREAM_READ_MS_MAX } from './limits.ts';
import type { RoutePorts } from './ports.ts';
import { Problem, problemDocument } from './problem.ts';
import { END_ID, type StreamFormat } from './stream-format.ts';
import { createStreamSocket, type StreamSocket } from './stream-socket.ts';

/** Why a stream ended, as its last event says: all is known, the deadline has passed, or this instance stops. */
export type EndReason = 'complete' | 'deadline' | 'stopping';

/** How a stream ended: as it says, with a problem, since its client went, or cut off because its client did not read. */
export type StreamEnd = EndReason | 'failed' | 'gone' | 'cut';

export interface StreamedAnswer {
  readonly route: Route;
  readonly format: StreamFormat;
  readonly question: Question;
  /** The event of one home, and its JSON. */
  readonly event: 'result' | 'home';
  readonly jsonOf: (result: HomeResult) => string;
  /** What the end says beside its reason and how many are pending. */
  readonly endMembers: Readonly<Record<string, unknown>>;
  /** Told once of all results, in the order in which they were told; what was not told any more is pending. */
  readonly onEnd: (results: readonly HomeResult[]) => void;
}

export type StreamPorts = Pick<RoutePorts, 'reader' | 'meter' | 'clock' | 'log' | 'streams'>;

/** Whether a browser has seen the end of this stream before, and only asks again because that is what browsers do. */
export const hasSeenTheEnd = ({ headers }: FastifyRequest, format: StreamFormat): boolean =>
  format.name === 'event-stream' && headers['last-event-id'] === END_ID;

/**
 * Answers home by home: what is cached first, what is missing as it comes, at the deadline the rest as `pending`, then the end.
 *
 * A home is decided in the moment in which it is put into the socket's queue, which holds one chunk: a slow client holds back the
 * deciding, and nothing piles up but what was found out. When the client goes nothing more is waited for; fetches that were begun
 * go on and fill the cache. What fails before the first byte is answered with a problem document, after it with a problem event.
 */
export async function answerAsStream(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: StreamedAnswer,
  ports: StreamPorts,
): Promise<FastifyReply> {
  const { clock, meter, reader, streams } = ports;
  const { question, format, route } = answer;
  let isStopping = false;
  let unfolding: Unfolding | null = null;
  const leave = streams.enter(question.propertyIds.length, () => {
    isStopping = true;
    unfolding?.leave();
  });
  const socket = createStreamSocket(request, reply, format.contentType); // listens to the connection: who was refused never does
  const cutting = clock.after(question.deadlineMs + STREAM_READ_MS_MAX, () => socket.cut());
  const told: HomeResult[] = [];
  let end: StreamEnd = 'failed';
  try {
    unfolding = reader.readAsItComes(question, socket.onNews);
    const reason = await tellHomes(socket, unfolding, { ...answer, told });
    end = reason === null ? 'gone' : await tellEnd(socket, isStopping ? 'stopping' : reason, { ...answer, told });
  } catch (error) {
    if (!socket.hasBegun()) throw error;
    const told = { code: 'UNPLANNED', requestId: request.id, error: withoutDigits(error) };
    ports.log.error(told, 'a stream failed in an unplanned way');
    await socket.end(format.print('problem', problemDocument(new Problem('internal'), request.id)));
  } finally {
    unfolding?.leave();
    cutting.cancel();
    socket.release();
    leave();
  }
  if (!socket.hasBegun()) reply.hijack(); // the client has gone: nobody is to be answered
  const { labels } = cohortsOf(request);
  meter.homes(route, told, labels);
  answer.onEnd([...told, ...untold(question.propertyIds, told)]);
  meter.streamed({
    route,
    format: format.name,
    end: socket.wasCut() ? 'cut' : end,
    firstByteMs: socket.firstByteMs(),
    durationMs: reply.elapsedTime,
    labels,
  });
  return reply;
}

type Telling = StreamedAnswer & { readonly told: HomeResult[] };

/** @returns why there are no more; null: the client has gone */
async function tellHomes(socket: StreamSocket, unfolding: Unfolding, answer: Telling): Promise<EndReason | null> {
  for (;;) {
    if (socket.isGone()) return null;
    const chunk = nextChunk(unfolding, answer);
    if (chunk !== '') {
      await socket.write(chunk); // nothing is awaited between the deciding and this
      continue;
    }
    const progress = unfolding.progress();
    if (progress.kind === 'failed') throw progress.error;
    if (progress.kind === 'over') return progress.isComplete ? 'complete' : 'deadline';
    await socket.news();
  }
}

/** Decides the next homes, at most STREAM_CHUNK_BYTES_MAX and one home. */
function nextChunk(unfolding: Unfolding, { format, event, jsonOf, told }: Telling): string {
  let chunk = '';
  while (chunk.length < STREAM_CHUNK_BYTES_MAX) {
    const results = unfolding.take(1);
    if (results.length === 0) break;
    for (const result of results) chunk += format.print(event, jsonOf(result));
    told.push(...results);
  }
  return chunk;
}

async function tellEnd(socket: StreamSocket, reason: EndReason, answer: Telling): Promise<StreamEnd> {
  const { format, told, endMembers } = answer;
  const pending = told.filter(({ status }) => status === 'pending').length;
  await socket.end(format.print('end', JSON.stringify({ reason, ...endMembers, pending })));
  return socket.hasFinished() ? reason : 'gone';
}

/** Homes that the client went without: whoever looked at them did so all the same. */
function untold(propertyIds: readonly string[], told: readonly HomeResult[]): HomeResult[] {
  if (told.length === propertyIds.length) return [];
  const known = new Set(told.map(({ propertyId }) => propertyId));
  return propertyIds
    .filter((propertyId) => !known.has(propertyId))
    .map((propertyId) => ({ propertyId, status: 'pending', requiredRole: null, estimateJson: null, source: 'miss' }));
}
