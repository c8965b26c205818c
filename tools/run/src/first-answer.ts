import type { Fleet } from './fleet.ts';
import { runStep, type Reporter } from './reporter.ts';

const ZOOM = 17;
/** Half a screen at that zoom. */
const HALF_DEGREES = 0.003;
const DEADLINE_MS = 2_000;
const ASK_MS = 15_000;

interface MapAnswer {
  homes?: unknown[];
  pending?: number;
}

/** One real map call, as an agent: the proof that the whole path stands, and its time. */
export async function firstAnswerStep(
  reporter: Reporter,
  { fleet, place, signal }: { fleet: Fleet; place: { latitude: number; longitude: number }; signal: AbortSignal },
): Promise<void> {
  await runStep(reporter, 'first map answer', async () => {
    const { latitude, longitude } = place;
    const query = new URLSearchParams({
      west: String(longitude - HALF_DEGREES),
      east: String(longitude + HALF_DEGREES),
      south: String(latitude - HALF_DEGREES),
      north: String(latitude + HALF_DEGREES),
      zoom: String(ZOOM),
      deadlineMs: String(DEADLINE_MS),
    });
    const token = await fleet.auth.token('agent');
    const answer = await fetch(`${fleet.apiUrl}/v1/map/estimates?${query.toString()}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`the first map call answered ${answer.status}: ${text.slice(0, 500)}`);
    const { homes = [], pending = 0 } = JSON.parse(text) as MapAnswer;
    return { result: undefined, summary: `${homes.length} homes, ${pending} pending` };
  });
}
