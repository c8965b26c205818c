import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { baseImageOf, buildImage, imageApps, makeLookAlikes, reachEngine } from '@porchlight/images';
import type { BuiltImage, Docker } from '@porchlight/images';
import { repositoryFolder } from '@porchlight/stack';
import type { Check, CheckOptions, CheckResult, Say } from '../check.ts';
import { appsStep, type AppsFigures } from './apps-step.ts';
import { composeStep, type ComposeFigures } from './compose-step.ts';
import { plantedFaults } from './planted-faults.ts';
import { timed } from './timed.ts';

const TAG = 'check';
const MS_PER_SECOND = 1_000;

const steps = ['build', 'apps', 'compose'] as const;
type Step = (typeof steps)[number];

/** @throws {InvalidArgumentError} naming those that there are */
export function chooseSteps(text: string): readonly Step[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !steps.some((step) => step === name));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`no step ${unknown.join(', ')}; there are ${steps.join(', ')}.`);
  return steps.filter((step) => names.includes(step));
}

interface BuildFigures {
  readonly megabytesBeyondBase: Readonly<Record<string, number>>;
  readonly notRefused: readonly string[];
}

async function buildStep(docker: Docker, say: Say, signal: AbortSignal): Promise<BuildFigures> {
  const built: (BuiltImage & { app: string })[] = [];
  const baseImage = baseImageOf({ root: '', release: false });
  for (const app of imageApps()) {
    const options = { root: repositoryFolder, tag: TAG, version: '0.0.0-check', revision: 'check', signal, baseImage };
    const image = await buildImage(docker, app, options);
    const size = `${image.ownMegabytes.toFixed(1).padStart(6)} MB beyond its base`;
    say(`  ${image.image.padEnd(36)}${size}, ${image.seconds.toFixed(1)} s`);
    built.push({ ...image, app: app.name });
  }
  const notRefused = await plantedFaults(docker, `porchlight/forecaster:${TAG}`, say);
  const sizes = built.map(({ app, ownMegabytes }) => [app, Math.round(ownMegabytes * 10) / 10]);
  return { megabytesBeyondBase: Object.fromEntries(sizes) as Record<string, number>, notRefused };
}

interface Found {
  readonly build?: BuildFigures;
  readonly apps?: AppsFigures;
  readonly compose?: ComposeFigures;
}

/** Everything that speaks against the images, each in one sentence. */
export function faultsOf({ build, apps, compose }: Found): string[] {
  const faults: string[] = [];
  for (const name of build?.notRefused ?? []) faults.push(`an image with the fault ${name} was not refused`);
  for (const source of apps?.stackSources ?? [])
    if (source !== 'container') faults.push(`tools/stack took a server from ${source} and not from a container`);
  for (const { app, faults: ofApp } of apps?.apps ?? []) faults.push(...ofApp.map((fault) => `${app}: ${fault}`));
  for (const [app, code] of Object.entries(compose?.stopCodes ?? {}))
    if (code !== 0) faults.push(`${app} in compose ended with ${code} at SIGTERM`);
  for (const left of compose?.left ?? []) faults.push(`compose left ${left} behind`);
  return faults;
}

async function runSteps(docker: Docker, chosen: readonly Step[], say: Say, signal: AbortSignal): Promise<CheckResult> {
  const options = { tag: TAG, say, signal };
  const lookAlikes = await timed(() => makeLookAlikes(docker, say));
  const build = chosen.includes('build') ? await timed(() => buildStep(docker, say, signal)) : undefined;
  const apps = chosen.includes('apps') ? await timed(() => appsStep(docker, options)) : undefined;
  const compose = chosen.includes('compose') ? await timed(() => composeStep(docker, options)) : undefined;
  const faults = faultsOf({
    ...(build && { build: build.result }),
    ...(apps && { apps: apps.result }),
    ...(compose && { compose: compose.result }),
  });
  for (const fault of faults) say(`FAULT: ${fault}`);
  const figures = {
    lookAlikesSeconds: lookAlikes.seconds,
    ...(build && { buildSeconds: build.seconds, ...build.result }),
    ...(apps && { appsSeconds: apps.seconds, ...apps.result }),
    ...(compose && { composeSeconds: compose.seconds, ...compose.result }),
    faults,
  };
  return { passed: faults.length === 0, figures };
}

async function run({ only }: CheckOptions, say: Say, signal: AbortSignal): Promise<CheckResult> {
  const chosen = chooseSteps((only as string | undefined) ?? steps.join(','));
  const beganAt = performance.now();
  const engine = await reachEngine(say);
  try {
    const { passed, figures } = await runSteps(engine.docker, chosen, say, signal);
    return { passed, figures: { seconds: Math.round((performance.now() - beganAt) / MS_PER_SECOND), ...figures } };
  } finally {
    await engine.release();
  }
}

/** Everything that is said of images and compose, on a real engine. */
export const containers: Check = {
  name: 'containers',
  proves:
    'builds every image and runs each on real servers beside the bare process (rights, read-only root, health, stop, start, parts), then the whole of deploy/compose',
  configure: (command: Command) =>
    void command.option('--only <steps>', `some of ${steps.join(',')}; without build the images must be there`),
  list: () => imageApps().map(({ name }) => `porchlight/${name}`),
  run,
};
