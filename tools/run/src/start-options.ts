import { Command, InvalidArgumentError } from 'commander';

const HOMES_DEFAULT = 120_000;
const HOMES_MAX = 2_000_000;
/** With --until-first-answer; a fresh clone on a slow line fetches 240 MB before. */
export const FIRST_ANSWER_WITHIN_MS = 15 * 60_000;

export interface StartOptions {
  /** Whether people browse and the market moves. */
  traffic: boolean;
  /** Homes of the city. */
  homes: number;
  /** Throw away what an earlier start left. */
  fresh: boolean;
  /** One JSON object a line instead of lines for a person. */
  json: boolean;
  /** Whose data and ports. */
  instance: string;
  /** Ends after the first map answer: for CI, which wants to know that a clone comes up. */
  untilFirstAnswer: boolean;
}

function homesOf(text: string): number {
  const homes = Number(text);
  if (!Number.isInteger(homes) || homes < 1 || homes > HOMES_MAX) {
    throw new InvalidArgumentError(`must be a whole number from 1 to ${HOMES_MAX}.`);
  }
  return homes;
}

/** The command line of `npm start`. */
export function createStartCommand(run: (options: StartOptions) => Promise<void>): Command {
  return new Command('npm start --')
    .description(
      'Porchlight on this machine: backing services, a city, every app as its own process, and people browsing. Ctrl-C stops all of it.',
    )
    .option('--no-traffic', 'nobody browses and the market stands still')
    .option(
      '--homes <number>',
      'homes of the city; another number than last time loads another city',
      homesOf,
      HOMES_DEFAULT,
    )
    .option('--fresh', 'throw away what an earlier start left', false)
    .option('--json', 'one JSON object a line', false)
    .option('--instance <name>', 'whose data and ports', 'start')
    .option(
      '--until-first-answer',
      `stop everything after the first map answer: exit code 0, or 1 if none has come within ${FIRST_ANSWER_WITHIN_MS / 60_000} minutes`,
      false,
    )
    .action(run);
}
