import { askedToStop } from '@porchlight/stack';
import { Command } from 'commander';
import type { Check, CheckOptions, Say } from './check.ts';
import { checks } from './checks.ts';

const EXIT_FAILED = 1;

const print: Say = (line) => void process.stdout.write(`${line}\n`);
const printAside: Say = (line) => void process.stderr.write(`${line}\n`);

async function run(check: Check, options: CheckOptions): Promise<void> {
  const list = check.list?.() ?? [];
  if (options['list'] === true) return list.forEach(print);
  const say = options['json'] === true ? printAside : print;
  const { passed, figures } = await check.run(options, say, askedToStop());
  // the last line of a check is one JSON object
  print(JSON.stringify({ name: check.name, passed, ...figures }));
  process.exitCode = passed ? 0 : EXIT_FAILED;
}

function commandOf(check: Check): Command {
  const command = new Command(check.name)
    .description(check.proves)
    .option('--list', 'print what can be chosen, and do nothing')
    .option('--json', 'nothing on standard output but the JSON object of the last line; progress goes beside it');
  check.configure?.(command);
  return command.action((options: CheckOptions) => run(check, options));
}

const program = new Command('npm run check --')
  .description('Proves by fault, on real servers. The last line is one JSON object; exit 1 if anything failed.')
  .action(() => checks.forEach(({ name, proves }) => print(`${name.padEnd(16)} ${proves}`)));
for (const check of checks) program.addCommand(commandOf(check));
try {
  await program.parseAsync();
} catch (thrown) {
  printAside(thrown instanceof Error ? thrown.message : String(thrown));
  process.exitCode = EXIT_FAILED;
}
process.disconnect?.();
