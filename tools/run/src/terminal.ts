/** Where the lines of a start go. */
export interface Terminal {
  /** A line that stays. */
  say(line: string): void;
  /** The line that is drawn over itself; where nothing can be drawn over, one now and then. */
  live(line: string): void;
  /** Ends the live line, so that what follows begins on a line of its own. */
  endLive(): void;
}

interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

const PLAIN_EVERY_MS = 10_000;
const COLUMNS = 80;
const CLEAR = '\r\u001b[K';

/** A terminal over a stream: a screen is drawn over, a pipe or file gets a live line every ten seconds at most. */
export function createTerminal(output: Output, now: () => number = () => performance.now()): Terminal {
  let drawn = false;
  let lastPlainAt = -Infinity;
  const clear = () => {
    if (drawn) output.write(CLEAR);
    drawn = false;
  };
  return {
    say: (line) => {
      clear();
      output.write(`${line}\n`);
    },
    live: (line) => {
      if (output.isTTY) {
        // A line that wraps cannot be drawn over.
        output.write(CLEAR + line.slice(0, (output.columns ?? COLUMNS) - 1));
        drawn = true;
      } else if (now() - lastPlainAt >= PLAIN_EVERY_MS) {
        lastPlainAt = now();
        output.write(`${line}\n`);
      }
    },
    endLive: () => {
      if (drawn) output.write('\n');
      drawn = false;
    },
  };
}
