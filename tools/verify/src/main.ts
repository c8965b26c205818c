import { Command, Option } from 'commander';
import { startStack, type Stack } from '@porchlight/stack';
import { format, lint, tests, types, type Outcome, type Step } from './steps.ts';
import { lastLine, sumOf, totalsOf } from './summary.ts';

/** `npm test`: everything, one step after the other, one summary at the end. */
const STEPS: Readonly<Record<string, { run: Step; needsStack: boolean }>> = {
  format: { run: format, needsStack: false },
  lint: { run: lint, needsStack: false },
  types: { run: types, needsStack: false },
  unit: { run: tests('unit', 2), needsStack: false },
  integration: { run: tests('integration', 1), needsStack: true },
  e2e: { run: tests('e2e', 1), needsStack: true },
};

interface Options {
  readonly only?: string[];
  readonly json?: boolean;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Starts a stack of its own (ports and folders apart from `npm start`'s), empty. */
const startTestStack = (): Promise<Stack> =>
  startStack({
    instance: 'test',
    fresh: true,
    onProgress: ({ service, phase, detail }) => say(`  stack: ${service} ${phase}${detail ? ` (${detail})` : ''}`),
  });

async function runStep(
  name: string,
  step: Step,
  input: { paths: string[]; environment: Record<string, string> },
): Promise<Outcome> {
  say(`${name} …`);
  const startedAt = performance.now();
  const outcome = await step({ ...input, onOutput: (text) => void process.stdout.write(text) });
  say(`${name}: ${lastLine(outcome)} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return outcome;
}

async function verify(paths: string[], options: Options): Promise<number> {
  const names = options.only ?? Object.keys(STEPS);
  const outcomes: Record<string, Outcome> = {};
  let stack: Stack | undefined;
  process.once('SIGINT', () => void stack?.stop().finally(() => process.exit(130)));
  process.once('SIGTERM', () => void stack?.stop().finally(() => process.exit(143)));
  try {
    for (const name of names) {
      const step = STEPS[name];
      if (!step) continue;
      if (step.needsStack) stack ??= await startTestStack();
      outcomes[name] = await runStep(name, step.run, { paths, environment: stack?.environment ?? {} });
    }
  } catch (error) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    outcomes['stack'] = { passed: 0, failed: 1, skipped: 0 };
  } finally {
    await stack?.stop();
  }
  const total = totalsOf(Object.values(outcomes));
  if (options.json) say(JSON.stringify({ steps: outcomes, total }));
  say(lastLine(total));
  return total.failed > 0 || sumOf(total) === 0 ? 1 : 0;
}

const program = new Command('npm test --')
  .description('Checks everything: format, lint, types, unit, integration on real servers, end to end.')
  .argument('[paths...]', 'limit the tests to these paths')
  .addOption(new Option('--only <steps...>', 'run only these steps').choices(Object.keys(STEPS)))
  .option('--json', 'print the outcome of every step as one JSON line before the summary')
  .addHelpText(
    'after',
    '\nExamples:\n  npm test\n  npm test -- --only unit\n  npm test -- --only integration -- libs/stream',
  )
  .action(async (paths: string[], options: Options) => {
    process.exitCode = await verify(paths, options);
  });

await program.parseAsync();
