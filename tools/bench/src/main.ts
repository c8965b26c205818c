import { loadavg } from 'node:os';
import { AskedToStop, askedToStop } from '@porchlight/stack';
import { Command, InvalidArgumentError, Option } from 'commander';
import { api } from './api.ts';
import type { Bench, Say } from './bench.ts';
import { cache } from './cache.ts';
import { herd } from './herd.ts';
import { invalidate } from './invalidate.ts';
import { map } from './map.ts';
import { overload } from './overload.ts';
import { publish } from './publish.ts';
import { streamBenches } from './stream.ts';
import { talk } from './talk.ts';
import { warmup } from './warmup.ts';

const benches: readonly Bench[] = [
  warmup,
  invalidate,
  map,
  talk,
  cache,
  herd,
  api,
  publish,
  overload,
  ...streamBenches,
];

const EXIT_FAILED = 1;

const say: Say = (line) => void process.stdout.write(`${line}\n`);

function numberOf(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('must be a number from 0.');
  return value;
}

const optionOf = (knob: string): string => knob.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const pick = <T>(options: Record<string, unknown>, names: readonly string[]): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, options[name] as T]));

function commandOf(bench: Bench): Command {
  const command = new Command(bench.name).description(bench.measures);
  for (const [knob, { default: byDefault, what }] of Object.entries(bench.knobs)) {
    command.option(`--${optionOf(knob)} <number>`, what, numberOf, byDefault);
  }
  const choices = bench.choices ?? {};
  for (const [choice, { default: byDefault, of, what }] of Object.entries(choices)) {
    command.addOption(new Option(`--${optionOf(choice)} <word>`, what).choices(of).default(byDefault));
  }
  const switches = bench.switches ?? {};
  for (const [name, what] of Object.entries(switches)) command.option(`--${optionOf(name)}`, what);
  return command.action(async (options: Record<string, number | string | boolean>) => {
    const knobs = pick<number>(options, Object.keys(bench.knobs));
    const chosen = pick<string>(options, Object.keys(choices));
    const switchedOn = new Set(Object.keys(switches).filter((name) => options[name] === true));
    const words = Object.entries({ ...chosen, ...knobs }).map(([name, value]) => `${name} ${value}`);
    say(`${bench.name}: ${[...switchedOn, ...words].join(', ')}; load ${loadavg()[0]?.toFixed(1)}`);
    const figures = await bench.run(knobs, say, askedToStop(), chosen, switchedOn);
    // the last line of a bench is one JSON object
    say(JSON.stringify({ name: bench.name, ...figures }));
  });
}

const program = new Command('npm run bench --').description(
  'Measures. The last line is one JSON object with the figures.',
);
for (const bench of benches) program.addCommand(commandOf(bench));
try {
  await program.parseAsync();
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = thrown instanceof AskedToStop ? thrown.exitCode : EXIT_FAILED;
}
process.disconnect?.();
