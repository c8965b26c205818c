import type { Figures } from './live-line.ts';
import { liveLineOf } from './live-line.ts';
import type { Terminal } from './terminal.ts';

/** A step that has begun: exactly one of `done` and `failed` ends it. */
export interface Step {
  progress(detail: string): void;
  done(summary: string): void;
  failed(): void;
}

/** What a start tells, step by step; for a person, or as one JSON object a line. */
export interface Reporter {
  begin(name: string): Step;
  note(text: string): void;
  live(figures: Figures, down: readonly string[]): void;
  addresses(list: readonly (readonly [what: string, address: string])[]): void;
  end(): void;
}

/** Runs one step. `work` returns what it came to and a summary of it, and may say meanwhile how far it is. */
export async function runStep<T>(
  reporter: Reporter,
  name: string,
  work: (progress: (detail: string) => void) => Promise<{ result: T; summary: string }>,
): Promise<T> {
  const step = reporter.begin(name);
  try {
    const { result, summary } = await work((detail) => step.progress(detail));
    step.done(summary);
    return result;
  } catch (thrown) {
    step.failed();
    throw thrown;
  }
}

const NAME_WIDTH = 18;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** Lines for a person. */
export function humanReporter(terminal: Terminal): Reporter {
  return {
    begin(name) {
      const began = performance.now();
      const took = () => seconds(performance.now() - began);
      const label = name.padEnd(NAME_WIDTH);
      terminal.live(`… ${label}`);
      return {
        progress: (detail) => terminal.live(`… ${label}${detail}`),
        done: (summary) => terminal.say(`✓ ${label}${summary} (${took()})`),
        failed: () => terminal.say(`✗ ${label}failed after ${took()}`),
      };
    },
    note: (text) => terminal.say(text),
    live: (figures, down) => terminal.live(liveLineOf(figures, down)),
    addresses: (list) => {
      const width = Math.max(...list.map(([what]) => what.length));
      terminal.say(['', ...list.map(([what, address]) => `  ${what.padEnd(width)}  ${address}`), ''].join('\n'));
    },
    end: () => terminal.endLive(),
  };
}

/** The same for a program: `{step, summary, tookMs}`, `{note}`, `{live}`, `{addresses}`, one object a line. */
export function jsonReporter(write: (line: string) => void): Reporter {
  const put = (value: object) => write(`${JSON.stringify(value)}\n`);
  return {
    begin(step) {
      const began = performance.now();
      const tookMs = () => Math.round(performance.now() - began);
      return {
        progress: () => undefined,
        done: (summary) => put({ step, ok: true, summary, tookMs: tookMs() }),
        failed: () => put({ step, ok: false, tookMs: tookMs() }),
      };
    },
    note: (note) => put({ note }),
    live: (figures, down) => put({ live: figures, down }),
    addresses: (list) => put({ addresses: Object.fromEntries(list) }),
    end: () => undefined,
  };
}
