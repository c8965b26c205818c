import { setTimeout as delay } from 'node:timers/promises';
import type { SeenAnswer } from './history.ts';
import { monotonicNow } from '../processes/monotonic-now.ts';

const SHOWN = 1;
const HIDDEN = 2;
const REST_MS = 20;
const DEADLINE_MS = 1_000;
const REQUEST_MS = 10_000;
const LANES = 2;

interface Result {
  readonly propertyId: string;
  readonly status: string;
}

/** Asks estimate-api for all homes of a scenario, over and over, and writes down what it is told. */
export class ApiReader {
  readonly #url: string;
  readonly #propertyIds: readonly string[];
  readonly #answers: SeenAnswer[] = [];
  readonly #last = new Map<string, string>();
  readonly errors = new Map<string, number>();
  #isStopped = false;

  constructor(apiUrl: string, propertyIds: readonly string[]) {
    this.#url = `${apiUrl}/v1/estimates:batchGet`;
    this.#propertyIds = propertyIds;
  }

  get answers(): readonly SeenAnswer[] {
    return this.#answers;
  }

  start(): void {
    for (let lane = 0; lane < LANES; lane += 1) void this.#run(lane);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Did each home's last answer show it, or refuse it if it is one of these? */
  agreesOn(hidden: ReadonlySet<string>): boolean {
    return this.#propertyIds.every((id) => this.#last.get(id) === (hidden.has(id) ? 'withheld' : 'available'));
  }

  async #run(lane: number): Promise<void> {
    while (!this.#isStopped) {
      await this.#ask(`reader-${lane}`);
      await delay(REST_MS);
    }
  }

  async #ask(member: string): Promise<void> {
    const beganAt = monotonicNow();
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ propertyIds: this.#propertyIds, deadlineMs: DEADLINE_MS }),
        signal: AbortSignal.timeout(REQUEST_MS),
      });
      if (!response.ok) throw new Error(`HTTP_${response.status}`);
      const { results } = (await response.json()) as { results: Result[] };
      for (const result of results) this.#note(result, { beganAt, endedAt: monotonicNow(), member });
    } catch (thrown) {
      if (this.#isStopped) return;
      const code = thrown instanceof Error ? thrown.message.slice(0, 40) : 'UNKNOWN';
      this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
    }
  }

  /** Each home is hidden once, so its status tells which facts it was answered from. */
  #note({ propertyId, status }: Result, asked: { beganAt: number; endedAt: number; member: string }): void {
    const versions: Partial<Record<string, number>> = { available: SHOWN, withheld: HIDDEN };
    const factsVersion = versions[status] ?? null;
    const source = factsVersion !== null ? 'hit' : status === 'pending' ? 'pending' : 'unavailable';
    this.#answers.push({ propertyId, factsVersion, estimateVersion: null, source, ...asked });
    this.#last.set(propertyId, status);
  }
}
