import { Presets, SingleBar } from 'cli-progress';
import { sayCount } from './say-span.ts';
import type { Terminal } from './terminal.ts';

/** How far a long work has come. */
export interface Progress {
  readonly advance: (by: number) => void;
  readonly end: () => void;
}

const LINE_EVERY_MS = 5_000;
/** Shorter work needs no bar. */
const BAR_TOTAL_MIN = 200;

function createBar(what: string, total: number): Progress {
  const bar = new SingleBar(
    {
      format: `${what} {bar} {percentage} % of {total}, {eta_formatted} left`,
      stream: process.stderr,
      hideCursor: true,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { advance: (by) => bar.increment(by), end: () => bar.stop() };
}

function createLines(what: string, total: number, say: (line: string) => void): Progress {
  let done = 0;
  let saidAt = Date.now();
  return {
    advance(by) {
      done += by;
      if (Date.now() - saidAt < LINE_EVERY_MS) return;
      saidAt = Date.now();
      say(`${what}: ${sayCount(done)} of ${sayCount(total)}`);
    },
    end: () => undefined,
  };
}

/** @returns a bar where a person looks on, a line every few seconds elsewhere; nothing for what is done at once */
export function createProgress(terminal: Terminal, what: string, total: number): Progress {
  if (terminal.isInteractive && total >= BAR_TOTAL_MIN) return createBar(what, total);
  return createLines(what, total, (line) => terminal.say(line));
}
