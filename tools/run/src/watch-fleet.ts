import type { Fleet } from './fleet.ts';
import { figuresOf, type Figures, type Look } from './live-line.ts';
import type { Bill } from './live-line.ts';

const LOOK_EVERY_MS = 2_000;
/** Rates and times of the live line are those of the last minute. */
const RECENT_MS = 60_000;
const ASK_MS = 2_000;

async function billOf(simulatorUrl: string): Promise<Bill | undefined> {
  try {
    const answer = await fetch(`${simulatorUrl}/admin/meter`, { signal: AbortSignal.timeout(ASK_MS) });
    return answer.status === 200 ? ((await answer.json()) as Bill) : undefined;
  } catch {
    return undefined;
  }
}

/** One look at what the fleet counts; a process that does not answer is left out of it. */
export async function lookAt(fleet: Fleet): Promise<Look> {
  const [api, writer, bill] = await Promise.all([
    fleet.metrics('estimate-api').catch(() => undefined),
    fleet.metrics('data-writer').catch(() => undefined),
    billOf(fleet.simulatorUrl),
  ]);
  return { api, writer, bill };
}

/** Looks every two seconds, one look at a time, and hands the figures of the last minute on. Returns how to end it. */
export function watchFleet(fleet: Fleet, show: (figures: Figures) => void): () => void {
  const looks: { at: number; look: Look }[] = [];
  let first: Look | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const lookOnce = async () => {
    const look = await lookAt(fleet);
    if (ended) return;
    const at = performance.now();
    first ??= look;
    looks.push({ at, look });
    // The oldest one kept is the youngest that is a minute old.
    while (looks.length > 1 && at - (looks[1]?.at ?? at) >= RECENT_MS) looks.shift();
    show(figuresOf(look, looks[0]?.look ?? look, first));
    timer = setTimeout(() => void lookOnce(), LOOK_EVERY_MS);
  };
  void lookOnce();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
