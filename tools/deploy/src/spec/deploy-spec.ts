import { topics } from '@porchlight/contracts';
import yaml from 'yaml';
import { z } from 'zod';
import { DeployError } from '../deploy-error.ts';
import { dependencyNames } from '../dependencies.ts';

/** A topic by its name in libs/contracts: its spelling and its partitions come from there. */
export type TopicKey = keyof typeof topics;
const topicKey = z.enum(Object.keys(topics) as [TopicKey, ...TopicKey[]]);

const unique = (values: readonly string[]): boolean => new Set(values).size === values.length;
const listOf = <T extends z.ZodType<string>>(item: T) => z.array(item).refine(unique, 'names something twice');

const replicas = z
  .strictObject({ min: z.number().int().min(1).max(1_000), max: z.number().int().min(1).max(1_000) })
  .refine(({ min, max }) => max >= min, 'max is below min');

/** By the lag of what it consumes; by its processor's load; or always as many. */
const scale = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('lag'),
    replicas,
    recordsPerS: z.number().positive().describe('what one replica gets done, measured'),
    toleratedLagS: z.number().positive().describe('how old the lag may get before there is another replica'),
    lagAgeS: z
      .number()
      .positive()
      .optional()
      .describe('also by the age of the oldest record that is not committed, where a count says too little'),
  }),
  z.strictObject({ by: z.literal('cpu'), replicas, cpuPercent: z.number().int().min(10).max(95) }),
  z.strictObject({ by: z.literal('nothing'), replicas: z.number().int().min(1).max(10) }),
]);

const quantity = (pattern: RegExp, what: string) => z.string().regex(pattern, what);

/** `apps/<app>/deploy.yaml`: the one file that says how an app is scaled and what it depends on. Unknown fields are refused. */
export const deploySpec = z.strictObject({
  scale,
  resources: z.strictObject({
    cpu: quantity(/^\d+m$|^\d+$/, 'processor, as 250m or 2'),
    memoryMb: z.number().int().min(96).max(65_536),
  }),
  consumes: z
    .strictObject({
      topics: listOf(topicKey).min(1),
      startFrom: z.enum(['earliest', 'latest']),
      checksRetention: z.boolean().default(false).describe('it asks how long the broker keeps them'),
    })
    .optional()
    .describe('its inputs, and where its group begins without an offset; the scaler must think the same'),
  produces: listOf(topicKey).default([]),
  state: topicKey.optional().describe('the changelog of its state: read, written, and a folder for the local copy'),
  needs: listOf(z.enum(dependencyNames)),
  ports: z.strictObject({
    operations: z.number().int().min(1_024).max(65_535).describe('/livez, /readyz, /metrics'),
    http: z.number().int().min(1_024).max(65_535).optional().describe('what callers call'),
  }),
  drainMs: z.number().int().min(100).max(600_000),
  settings: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).default({}),
  secrets: listOf(z.string().regex(/^[A-Z][A-Z0-9_]*$/))
    .default([])
    .describe('beyond those of what it needs'),
});
export type DeploySpec = z.output<typeof deploySpec>;

/** What is generated from. */
export interface DeployedApp {
  readonly name: string;
  readonly spec: DeploySpec;
}

/**
 * @param text  of `apps/<name>/deploy.yaml`
 * @throws {DeployError} SPEC_INVALID, naming every field that is wrong
 */
export function readSpec(name: string, text: string): DeployedApp {
  const file = `apps/${name}/deploy.yaml`;
  const document = yaml.parseDocument(text);
  const broken = document.errors.map(({ message }) => message);
  if (broken.length > 0) throw new DeployError('SPEC_INVALID', `${file} is no YAML: ${broken.join('; ')}`);
  const read = deploySpec.safeParse(document.toJS());
  if (read.success) return { name, spec: read.data };
  const problems = read.error.issues.map(({ path, message }) => `  ${path.join('.') || 'the file'}: ${message}`);
  throw new DeployError('SPEC_INVALID', `${file} does not fit:\n${problems.join('\n')}`);
}

/** @returns the least and the most replicas that a spec asks for */
export function replicasOf({ scale: scaled }: DeploySpec): { min: number; max: number } {
  return scaled.by === 'nothing' ? { min: scaled.replicas, max: scaled.replicas } : scaled.replicas;
}
