import type { LoadMessage, LoadOptions } from './members/member-protocol.ts';
import { startChild, type Child } from '../processes/child-process.ts';
import { NeverComes, waitFor } from '../wait-for.ts';

const PROGRAM = new URL('members/load-producer.ts', import.meta.url);
const END_MS = 90_000;

/** The producer, a process of its own that knows what it sent. */
export class Load {
  readonly #child: Child<LoadMessage>;
  readonly #signal: AbortSignal;
  sent = 0;
  #acknowledged: ReadonlyMap<string, number> | undefined;

  private constructor(child: Child<LoadMessage>, signal: AbortSignal) {
    this.#child = child;
    this.#signal = signal;
    child.onMessage((message) => {
      if (message.kind === 'sent') this.sent = message.records;
      else this.#acknowledged = new Map(Object.entries(message.acknowledged));
    });
  }

  static async start(options: LoadOptions, logFile: string, signal: AbortSignal): Promise<Load> {
    const child = await startChild<LoadMessage>({ name: 'the producer', file: PROGRAM, options, logFile });
    return new Load(child, signal);
  }

  /** Ends it once what is under way is acknowledged. @returns by key, how many records the brokers acknowledged */
  async stop(): Promise<ReadonlyMap<string, number>> {
    this.#child.tell('stop');
    return this.ended(END_MS);
  }

  /** Waits for a load with a limit to end by itself. */
  ended(withinMs: number): Promise<ReadonlyMap<string, number>> {
    const answer = () => {
      if (this.#acknowledged === undefined && this.#child.hasExited())
        throw new NeverComes('the producer ended and did not say what was acknowledged');
      return this.#acknowledged;
    };
    return waitFor('the last acknowledgement of the producer', answer, { withinMs, signal: this.#signal });
  }
}
