import { execFileSync } from 'node:child_process';
import { Command } from 'commander';
import { baseImageOf } from './build/base-image.ts';
import { buildImage } from './build/build-images.ts';
import { bundleOptions } from './bundle/bundle-folder.ts';
import { chosenApps } from './image-apps.ts';
import { ImageError } from './image-error.ts';

const BYTES_IN_MB = 1_000_000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const megabytes = (bytes: number): string => (bytes / BYTES_IN_MB).toFixed(2).padStart(7);

interface BundleFlags {
  readonly json?: boolean;
  readonly withPackages?: boolean;
}

async function bundle(name: string, { json = false, withPackages = false }: BundleFlags): Promise<void> {
  // Loaded by the commands that need them: an image is built where the engine's parts are not installed.
  const { bundleApp } = await import('./bundle/bundle-app.ts');
  const bundles = [];
  for (const app of chosenApps(name)) {
    const made = await bundleApp(app, { ...bundleOptions, withPackages });
    bundles.push(made);
    if (json) continue;
    const beside = made.outside.length === 0 ? 'nothing beside it' : `beside it ${made.outside.join(', ')}`;
    print(`${made.app.padEnd(20)}${megabytes(made.bytes)} MB  ${made.parts} parts  ${beside}`);
  }
  if (json) print(JSON.stringify(bundles));
  else print(`in ${bundleOptions.folder}`);
}

const commit = (): string =>
  execFileSync('git', ['rev-parse', 'HEAD'], { cwd: bundleOptions.root, encoding: 'utf8' }).trim();

interface BuildFlags {
  readonly tag: string;
  readonly release?: boolean;
  /** `--image-version`: commander keeps `--version` for itself. */
  readonly imageVersion: string;
}

async function build(name: string, { tag, release = false, imageVersion }: BuildFlags): Promise<void> {
  const { reachEngine } = await import('./engine/reached-engine.ts');
  const apps = chosenApps(name);
  const baseImage = baseImageOf({ root: bundleOptions.root, release });
  const { docker } = await reachEngine(print);
  const options = { root: bundleOptions.root, tag, baseImage, version: imageVersion, revision: commit() };
  for (const app of apps) {
    const { image, seconds, ownMegabytes } = await buildImage(docker, app, options);
    print(`${image.padEnd(36)}${ownMegabytes.toFixed(1).padStart(6)} MB beyond its base, ${seconds.toFixed(1)} s`);
  }
}

async function engine(what: string, { purge = false }: { purge?: boolean }): Promise<void> {
  const { engineDown, engineUp } = await import('./engine/engine.ts');
  if (what === 'up') return print(`export DOCKER_HOST=${(await engineUp()).dockerHost}`);
  if (what !== 'down') throw new ImageError('COMMAND_FAILED', `engine ${what}: there are up and down`);
  await engineDown({ purge });
  print(purge ? 'the engine is stopped, its images are gone' : 'the engine is stopped; its images are kept');
}

async function lookAlikes(): Promise<void> {
  const { reachEngine } = await import('./engine/reached-engine.ts');
  const { makeLookAlikes } = await import('./look-alikes/make-look-alikes.ts');
  await makeLookAlikes((await reachEngine(print)).docker, print);
}

const program = new Command('images').description('Bundles, lists of parts and container images of the apps.');
program
  .command('bundle')
  .description(
    'one app, or all, as JavaScript for an image: main.js, its list of parts, and what is installed beside it',
  )
  .argument('<app>', 'its name, or all')
  .option('--with-packages', 'put what stays outside beside it, as it is installed here')
  .option('--json', 'one JSON object on standard output')
  .action(bundle);
program
  .command('build')
  .description('the image of one app, or all: porchlight/<app>:<tag>')
  .argument('<app>', 'its name, or all')
  .option('--tag <tag>', 'of the images', 'local')
  .option('--image-version <version>', 'in their labels', '0.0.0-local')
  .option('--release', 'on the base image that deploy/docker/base-image.release pins by its digest')
  .action(build);
program
  .command('engine')
  .description("a container engine of our own, in .porchlight/engine: for machines where nobody else's runs")
  .argument('<up|down>', 'what to do')
  .option('--purge', 'with down: throw its images and volumes away')
  .action(engine);
program
  .command('look-alikes')
  .description('images under the public names, made from the parts of the local servers, where no registry is reached')
  .action(lookAlikes);

try {
  await program.parseAsync();
} catch (thrown) {
  if (!(thrown instanceof ImageError)) throw thrown;
  process.stderr.write(`images: ${thrown.code}: ${thrown.message}\n`);
  process.exitCode = 1;
}
