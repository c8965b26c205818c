import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { topics } from '@porchlight/contracts';
import type { ConfigSchema } from '@porchlight/service';
import { dependencies, dependencyNames, type DependencyName } from '../dependencies.ts';
import type { DeployedApp } from '../spec/deploy-spec.ts';
import { repository } from '../spec/repository-apps.ts';

/** What the policies must know of a topic. */
export interface RealTopic {
  readonly name: string;
  readonly partitions: number;
}

/** What an app does by its own code, which its manifests are held against. */
export interface RealApp {
  readonly name: string;
  readonly config: ConfigSchema;
  readonly needs: readonly DependencyName[];
  readonly inputs: readonly RealTopic[];
  /** Null: it consumes nothing. */
  readonly startFrom: string | null;
  /** Changelogs of its state among them. */
  readonly outputs: readonly string[];
  readonly checksRetention: boolean;
}

interface Definition {
  readonly inputs: readonly RealTopic[];
  readonly startFrom: string;
}

/** Ports that a task falls back from to what it uses in production. */
const OWN_STREAMS = ['streams', 'input'];

/** Whatever is asked of it: a definition only hands its ports on. */
const anything: unknown = new Proxy(() => undefined, { get: () => anything, apply: () => anything });
const ports = new Proxy({}, { get: (_target, name) => (OWN_STREAMS.includes(String(name)) ? undefined : anything) });

const importFrom = async (path: string): Promise<Record<string, unknown>> =>
  (await import(pathToFileURL(path).href)) as Record<string, unknown>;

/** @returns the definitions that the app's task makes; none for an app without a task */
async function definitionsOf(folder: string, name: string): Promise<Definition[]> {
  const task = join(folder, `${name}.task.ts`);
  if (!existsSync(task)) return [];
  const create = Object.entries(await importFrom(task)).find(([key]) => key.startsWith('create'))?.[1];
  if (typeof create !== 'function') throw new TypeError(`${task} exports no create...`);
  return [(create as (given: unknown) => Definition | Definition[])(ports)].flat();
}

const sourcesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.slice(folder.length).includes('/testing/'))
    .map((path) => readFileSync(path, 'utf8'));

/** A topic object, not only its name: whoever has the object can write. */
const TOPIC_OBJECT = /\btopics\.(\w+)\b(?!\.name)/g;
const OUTPUTS = /\boutputs: \[([^\]]*)\]/;

const isTopicKey = (key: string): key is keyof typeof topics => Object.hasOwn(topics, key);

/** A stream app lists its outputs where it is wired; any other app writes the topics that its sources have. */
function outputsOf(sources: readonly string[], isStream: boolean): string[] {
  const texts = isStream ? sources.map((text) => OUTPUTS.exec(text)?.[1] ?? '') : sources;
  const keys = texts.flatMap((text) => [...text.matchAll(TOPIC_OBJECT)].map(([, key]) => key ?? ''));
  return [...new Set(keys)]
    .filter(isTopicKey)
    .map((key) => topics[key].name)
    .sort();
}

/** @returns an app as its code has it: its config schema is imported, its task is made, its wiring is read */
async function realAppOf(name: string, root: string): Promise<RealApp> {
  const folder = join(root, 'apps', name);
  const { config } = (await importFrom(join(folder, 'config.ts'))) as { config: ConfigSchema };
  const definitions = await definitionsOf(folder, name);
  const sources = sourcesIn(folder);
  return {
    name,
    config,
    needs: dependencyNames.filter((each) => dependencies[each].sign in config.shape),
    inputs: definitions.flatMap(({ inputs }) =>
      inputs.map((input) => ({ name: input.name, partitions: input.partitions })),
    ),
    startFrom: definitions[0]?.startFrom ?? null,
    outputs: outputsOf(sources, definitions.length > 0),
    checksRetention: sources.some((text) => text.includes('readTopicRetention(')),
  };
}

/** @returns what each app does by its own code */
export const realAppsOf = (apps: readonly DeployedApp[], root: string = repository): Promise<RealApp[]> =>
  Promise.all(apps.map(({ name }) => realAppOf(name, root)));
