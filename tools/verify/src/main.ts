import { Command, Option } from 'commander';
import { askedToStop, AskedToStop, dataFolder, holdInstance, reasonOf, startStack } from '@porchlight/stack';
import { ownEnvironment } from './own-environment.ts';
import { openScratchFolder } from './scratch-folder.ts';
import { format, lint, mutants, tests, types, type Outcome, type Step, type StepInput } from './steps.ts';
import { lastLine, sumOf, totalsOf } from './summary.ts';

/** `npm test`: everything, one step after the other, one summary at the end. */
const STEPS: Readonly<Record<string, { run: Step; needsStack: boolean }>> = {
  format: { run: format, needsStack: false },
  lint: { run: lint, needsStack: false },
  types: { run: types, needsStack: false },
  unit: { run: tests('unit', 2), needsStack: false },
  mutants: { run: mutants, needsStack: false },
  integration: { run: tests('integration', 1), needsStack: true },
  e2e: { run: tests('e2e', 1), needsStack: true },
};

/** Ports and folders apart from `npm start`'s. */
const INSTANCE = 'test';
/** In the command line of every `npm test`. */
const MARKER = 'tools/verify/src/main.ts';
const EXIT_FAILED = 1;

interface Options {
  readonly only?: string[];
  readonly json?: boolean;
  readonly useGivenServers?: boolean;
}

type Closing = () => Promise<void>;

/** What one run shares; `closing` is run in reverse order at the end, whatever the end is. */
interface Run {
  readonly input: StepInput;
  readonly closing: Closing[];
  /** What the steps that need servers get added to their environment, as soon as there are some. */
  servers: Record<string, string> | undefined;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Starts a stack of its own, empty, after what a killed run has left behind was ended. */
async function startServers({ input, closing }: Run): Promise<Record<string, string>> {
  const scratch = await openScratchFolder(dataFolder(INSTANCE));
  closing.push(() => scratch.clear());
  const stack = await startStack({
    instance: INSTANCE,
    fresh: true,
    environment: input.environment,
    signal: input.signal,
    onProgress: ({ service, phase, detail }) => say(`  stack: ${service} ${phase}${detail ? ` (${detail})` : ''}`),
  });
  closing.push(() => stack.stop());
  // Again, and before the servers stop: what the tests have left running drains on them.
  closing.push(() => scratch.clear());
  return { ...stack.environment, TMPDIR: scratch.folder };
}

/** One run at a time has the servers. A run that starts none may go beside others. */
async function takeInstance(closing: Closing[]): Promise<void> {
  const hold = await holdInstance({ instance: INSTANCE, marker: MARKER });
  closing.push(() => hold.release());
}

async function runStep(name: string, run: Run): Promise<Outcome> {
  const step = STEPS[name]!;
  if (step.needsStack) run.servers ??= await startServers(run);
  const { input, servers } = run;
  say(`${name} …`);
  const startedAt = performance.now();
  const outcome = await step.run({ ...input, environment: { ...input.environment, ...servers } });
  say(`${name}: ${lastLine(outcome)} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return outcome;
}

/** Runs the steps and closes everything. @throws AskedToStop, and whatever keeps the servers from starting */
async function runSteps(names: readonly string[], paths: readonly string[], options: Options, signal: AbortSignal) {
  const outcomes: Record<string, Outcome> = {};
  const closing: Closing[] = [];
  try {
    if (names.some((name) => STEPS[name]?.needsStack)) await takeInstance(closing);
    const environment = ownEnvironment(process.env, { useGiven: options.useGivenServers ?? false });
    const onOutput = (text: string) => void process.stdout.write(text);
    const run: Run = { input: { environment, paths, onOutput, signal }, closing, servers: undefined };
    for (const name of names) outcomes[name] = await runStep(name, run);
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    say(thrown instanceof Error ? thrown.message : reasonOf(thrown));
    outcomes['stack'] = { passed: 0, failed: 1, skipped: 0 };
  } finally {
    for (let close = closing.pop(); close; close = closing.pop())
      await close().catch((thrown: unknown) => say(`could not clean up: ${reasonOf(thrown)}`));
  }
  return outcomes;
}

async function verify(paths: string[], options: Options): Promise<number> {
  const signal = askedToStop();
  process.channel?.unref();
  // Whoever read our lines is gone: the run ends by its disconnect, and must not end by an error of the pipe before.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  try {
    const outcomes = await runSteps(options.only ?? Object.keys(STEPS), paths, options, signal);
    const total = totalsOf(Object.values(outcomes));
    if (options.json) say(JSON.stringify({ steps: outcomes, total }));
    say(lastLine(total));
    return total.failed > 0 || sumOf(total) === 0 ? EXIT_FAILED : 0;
  } catch (thrown) {
    if (!(thrown instanceof AskedToStop)) throw thrown;
    say(thrown.message);
    return thrown.exitCode;
  }
}

const program = new Command('npm test --')
  .description('Checks everything: format, lint, types, unit, mutants, integration on real servers, end to end.')
  .argument('[paths...]', 'limit the tests to these paths')
  .addOption(new Option('--only <steps...>', 'run only these steps').choices(Object.keys(STEPS)))
  .option('--json', 'print the outcome of every step as one JSON line before the summary')
  .option(
    '--use-given-servers',
    'use the servers that KAFKA_BROKERS, SCHEMA_REGISTRY_URL, REDIS_URL and DATABASE_URL name, and write to them; without it they are never touched',
  )
  .addHelpText(
    'after',
    '\nExamples:\n  npm test\n  npm test -- --only unit\n  npm test -- --only integration -- libs/stream',
  )
  .action(async (paths: string[], options: Options) => {
    // Downloads that were called off may still be under way.
    process.exit(await verify(paths, options));
  });

await program.parseAsync();
