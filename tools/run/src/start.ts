import { reasonOf, StackError } from '@porchlight/stack';
import { createClosers } from './closers.ts';
import { humanReporter, jsonReporter, type Reporter } from './reporter.ts';
import { createStartCommand, FIRST_ANSWER_WITHIN_MS, type StartOptions } from './start-options.ts';
import { startRun } from './start-run.ts';
import { createTerminal } from './terminal.ts';

/** A stop that takes longer is cut off: what is left has been sent SIGKILL by then, or is not ours. */
const STOP_MAX_MS = 9_500;
const EXIT_FAILED = 1;

const reporterOf = ({ json }: StartOptions): Reporter =>
  json ? jsonReporter((line) => process.stdout.write(line)) : humanReporter(createTerminal(process.stdout));

/**
 * Aborts at the first of the signals that mean stop, when the bootstrap that started us is gone, or the reader of our
 * lines. Further ones do no harm. From then on everything has STOP_MAX_MS.
 */
function askedToStop(): AbortSignal {
  const abort = new AbortController();
  const ask = () => abort.abort(new Error('asked to stop'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, ask);
  process.on('disconnect', ask);
  process.channel?.unref();
  for (const output of [process.stdout, process.stderr]) output.on('error', ask);
  abort.signal.addEventListener('abort', () => {
    setTimeout(() => {
      process.stderr.write(`not everything had stopped after ${STOP_MAX_MS / 1000} s\n`);
      process.exit(EXIT_FAILED);
    }, STOP_MAX_MS).unref();
  });
  return abort.signal;
}

/** Aborts when the first answer is due; nothing to wait for without --until-first-answer. */
function firstAnswerDue({ untilFirstAnswer }: StartOptions): AbortSignal {
  const due = new AbortController();
  const late = new Error(`no map answer within ${FIRST_ANSWER_WITHIN_MS / 60_000} minutes`);
  if (untilFirstAnswer) setTimeout(() => due.abort(late), FIRST_ANSWER_WITHIN_MS).unref();
  return due.signal;
}

async function start(options: StartOptions): Promise<void> {
  const reporter = reporterOf(options);
  const closers = createClosers();
  const signal = askedToStop();
  let failure: unknown;
  try {
    await startRun({ options, reporter, closers, signal: AbortSignal.any([signal, firstAnswerDue(options)]) });
  } catch (thrown) {
    // Being asked to stop is no failure, unless somebody waits for an answer that now never comes.
    if (!signal.aborted || options.untilFirstAnswer) failure = thrown;
  }
  reporter.end();
  if (failure !== undefined)
    process.stderr.write(`${failure instanceof Error ? failure.message : reasonOf(failure)}\n`);
  const began = performance.now();
  const isOurs = !(failure instanceof StackError && failure.code === 'INSTANCE_TAKEN');
  if (isOurs) reporter.note('stopping ...');
  const failures = await closers.closeAll();
  for (const left of failures) process.stderr.write(`could not stop ${left}\n`);
  if (isOurs) reporter.note(`stopped in ${((performance.now() - began) / 1000).toFixed(1)} s; the data is kept`);
  // Downloads that were called off may still be under way.
  process.exit(failure === undefined && failures.length === 0 ? 0 : EXIT_FAILED);
}

await createStartCommand(start).parseAsync();
