/** A home as one viewer is told of it from one change to the next; instants are of one clock. */
export interface HomeState {
  /** Every byte of its result. */
  readonly bytes: string;
  /** When the change to it was begun, so that it may be seen from then on. */
  readonly begunAt: number;
  /** When the change to it was acknowledged, so that it must be seen from then on. */
  readonly acknowledgedAt: number;
}

/** What one call was told of the home. */
export interface Sighting {
  /** Who told it in which form: `first single`. */
  readonly teller: string;
  readonly askedAt: number;
  readonly toldAt: number;
  readonly bytes: string;
}

export interface Verdict {
  /** Sightings that no state explains, and tellers that said nothing between two changes. */
  readonly violations: readonly string[];
  /** Sightings that lay wholly between two changes. */
  readonly betweenChanges: number;
}

/** Nothing is said of the home: neither right nor wrong. */
const saysNothing = (bytes: string): boolean => /"status":"(pending|unavailable)"/.test(bytes);

/**
 * Whether all who told of one home said the same at the same time. Pure.
 *
 * A sighting is explained by a state that may have been so at some moment between the question and the answer: its change had
 * begun, and the next one was not acknowledged before the question. So an older state is never told to who asks after the
 * acknowledgement of a newer, a newer one never before it is begun, and no teller says what no state is. Between two changes only
 * one state explains anything: there all tellers, and each of them, must have said the same bytes.
 *
 * @param states in order of time
 * @param tellers each must have been heard between any two changes
 */
export function judgeSameness(
  states: readonly HomeState[],
  sightings: readonly Sighting[],
  tellers: readonly string[],
): Verdict {
  const violations: string[] = [];
  const told = sightings.filter(({ bytes }) => !saysNothing(bytes));
  for (const sighting of told) {
    const mayBe = states.filter((_, at) => couldBe(states, at, sighting));
    if (mayBe.some(({ bytes }) => bytes === sighting.bytes)) continue;
    violations.push(`${sighting.teller}: ${whyNot(states, sighting)}: ${sighting.bytes}`);
  }
  let betweenChanges = 0;
  for (const [at, state] of states.entries()) {
    const within = told.filter(
      ({ askedAt, toldAt }) => askedAt >= state.acknowledgedAt && toldAt <= (states[at + 1]?.begunAt ?? Infinity),
    );
    betweenChanges += within.length;
    const heard = new Set(within.map(({ teller }) => teller));
    for (const teller of tellers) if (!heard.has(teller)) violations.push(`${teller}: not heard in state ${at}`);
  }
  return { violations, betweenChanges };
}

const couldBe = (states: readonly HomeState[], at: number, { askedAt, toldAt }: Sighting): boolean => {
  const [state, next] = [states[at], states[at + 1]];
  return state !== undefined && state.begunAt <= toldAt && (next?.acknowledgedAt ?? Infinity) >= askedAt;
};

function whyNot(states: readonly HomeState[], { bytes, askedAt, toldAt }: Sighting): string {
  const same = states.filter((state) => state.bytes === bytes);
  if (same.length === 0) return 'bytes of no state';
  return same.every(({ begunAt }) => begunAt > toldAt)
    ? `newer than can be at ${toldAt}`
    : `older than may be at ${askedAt}`;
}

/**
 * The bytes of one home's result in an answer, whatever its form: cut out, neither parsed nor printed again.
 *
 * @returns null if it is not told of
 */
export function bytesOfHome(answer: string, propertyId: string): string | null {
  const from = answer.indexOf(`{"propertyId":"${propertyId}"`);
  if (from < 0) return null;
  let depth = 0;
  let isText = false;
  for (let at = from; at < answer.length; at += 1) {
    const letter = answer[at];
    if (isText && letter === '\\') at += 1;
    else if (letter === '"') isText = !isText;
    else if (!isText && letter === '{') depth += 1;
    else if (!isText && letter === '}' && (depth -= 1) === 0) return answer.slice(from, at + 1);
  }
  return null;
}
