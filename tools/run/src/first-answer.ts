import { waitUntil } from '@porchlight/stack';
import type { Fleet } from './fleet.ts';
import { runStep, type Reporter } from './reporter.ts';

const ZOOM = 17;
/** Half a screen at that zoom. */
const HALF_DEGREES = 0.003;
const DEADLINE_MS = 2_000;
const ASK_MS = 10_000;
/** On a busy machine the database may be silent for a moment: the service says 503, and a client asks again. */
const ANSWERED_WITHIN_MS = 20_000;
const AGAIN_MS = 250;

interface Place {
  latitude: number;
  longitude: number;
}

interface MapAnswer {
  homes: unknown[];
  pending: number;
}

const queryAround = ({ latitude, longitude }: Place) =>
  new URLSearchParams({
    west: String(longitude - HALF_DEGREES),
    east: String(longitude + HALF_DEGREES),
    south: String(latitude - HALF_DEGREES),
    north: String(latitude + HALF_DEGREES),
    zoom: String(ZOOM),
    deadlineMs: String(DEADLINE_MS),
  }).toString();

/** One real map call, as an agent: the proof that the whole path stands, and its time. */
export async function firstAnswerStep(
  reporter: Reporter,
  { fleet, place, signal }: { fleet: Fleet; place: Place; signal: AbortSignal },
): Promise<void> {
  await runStep(reporter, 'first map answer', async (progress) => {
    const url = `${fleet.apiUrl}/v1/map/estimates?${queryAround(place)}`;
    const headers = { authorization: `Bearer ${await fleet.auth.token('agent')}` };
    let refusal = 'it was never asked';
    const ask = async () => {
      const answer = await fetch(url, { headers, signal: AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]) });
      const text = await answer.text();
      if (answer.status === 200) return JSON.parse(text) as MapAnswer;
      refusal = `${answer.status}: ${text.slice(0, 500)}`;
      if (answer.status !== 503) throw new Error(`the first map call answered ${refusal}`);
      progress(refusal);
      return undefined;
    };
    const answer = await waitUntil(ask, { withinMs: ANSWERED_WITHIN_MS, pollMs: AGAIN_MS });
    if (answer === undefined)
      throw new Error(`no map answer in ${ANSWERED_WITHIN_MS / 1000} s; the last was ${refusal}`);
    return { result: undefined, summary: `${answer.homes.length} homes, ${answer.pending} pending` };
  });
}
