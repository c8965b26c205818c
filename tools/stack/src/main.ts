import { Command } from 'commander';
import { holdInstance } from './hold-instance.ts';
import { serviceNames, type Progress, type ServiceName } from './services.ts';
import { reasonOf } from './stack-error.ts';
import { stackStatus, startStack, stopStack } from './stack.ts';

interface Flags {
  instance: string;
  fresh?: boolean;
  json?: boolean;
  services?: string;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const showProgress = ({ service, phase, detail }: Progress) =>
  process.stderr.write(`${service.padEnd(9)}${phase.padEnd(12)}${detail}\n`);

function wantedServices(list: string | undefined): readonly ServiceName[] {
  if (list === undefined) return serviceNames;
  const names = list.split(',').map((name) => name.trim());
  const wrong = names.filter((name) => !serviceNames.some((each) => each === name));
  if (wrong.length > 0)
    throw new Error(`there is no service ${wrong.join(', ')}; there are ${serviceNames.join(', ')}`);
  return serviceNames.filter((name) => names.includes(name));
}

/** In the command line of this program. */
const MARKER = 'tools/stack/src/main.ts';

/** Runs what would take the servers away from whoever uses them, while nobody does. */
async function whileNobodyRuns<T>(instance: string, work: () => Promise<T>): Promise<T> {
  const hold = await holdInstance({ instance, marker: MARKER });
  try {
    return await work();
  } finally {
    await hold.release();
  }
}

/** Starts and leaves running: the servers are processes of their own, and `down` finds them by their pid files. */
async function up({ instance, fresh = false, json = false, services }: Flags): Promise<void> {
  const abort = new AbortController();
  const callOff = () => abort.abort(new Error('called off'));
  process.once('SIGINT', callOff).once('SIGTERM', callOff);
  const start = () =>
    startStack({
      instance,
      fresh,
      services: wantedServices(services),
      onProgress: showProgress,
      signal: abort.signal,
    });
  const stack = fresh ? await whileNobodyRuns(instance, start) : await start();
  if (json)
    return print(
      JSON.stringify(
        { instance, folder: stack.folder, environment: stack.environment, choices: stack.choices },
        null,
        2,
      ),
    );
  print('\n# what an app needs (the password of the database is in it):');
  for (const [name, value] of Object.entries(stack.environment)) print(`export ${name}='${value}'`);
}

async function down({ instance, json = false }: Flags): Promise<void> {
  await whileNobodyRuns(instance, () => stopStack({ instance }));
  print(
    json
      ? JSON.stringify({ instance, stopped: true })
      : `the backing services of "${instance}" are stopped; their data is kept`,
  );
}

async function status({ instance, json = false }: Flags): Promise<void> {
  const found = await stackStatus({ instance });
  if (json) return print(JSON.stringify({ instance, services: found }));
  for (const { service, pid, port } of found)
    print(`${service.padEnd(9)}${pid === undefined ? 'not running here' : `pid ${pid}, port ${port}`}`);
}

const program = new Command('stack').description(
  'The backing services of Porchlight: Kafka, schema registry, Redis, PostgreSQL. Found in the environment, or run as containers, or as local processes.',
);
const command = (name: string, about: string) =>
  program
    .command(name)
    .description(about)
    .option('--instance <name>', 'whose data and ports', 'start')
    .option('--json', 'one JSON object on standard output');

command('up', 'start what is not given by address, and leave it running')
  .option('--fresh', 'throw the data of the instance away first')
  .option('--services <list>', `only these of ${serviceNames.join(',')}`)
  .action(up);
command('down', 'stop it; the data is kept').action(down);
command('status', 'what runs as local processes').action(status);

try {
  await program.parseAsync();
} catch (thrown) {
  process.stderr.write(`stack: ${thrown instanceof Error ? thrown.message : reasonOf(thrown)}\n`);
  process.exitCode = 1;
}
