import { schemas, subjectOf, topics, type Compatibility } from '@porchlight/contracts';
import { CliError } from '../cli-error.ts';
import { incompatibilitiesOf, type SubjectVersion } from './compatibility.ts';
import type { RegistryAdmin } from './registry-admin.ts';
import { createRegistryAdmin } from './registry-admin.adapter.ts';

/** A subject as it shall be. */
export interface WantedSubject {
  readonly subject: string;
  readonly schema: object;
  readonly compatibility: Compatibility;
}

export interface SubjectReport {
  readonly subject: string;
  readonly compatibility: string;
  /** `missing`: it would be registered, as the first or as a further version; `drifted`, `incompatible`: it would be refused. */
  readonly state: 'registered' | 'unchanged' | 'missing' | 'drifted' | 'incompatible';
  /** The id of our schema; null while it is not registered. */
  readonly id: number | null;
  readonly versions: number;
}

export interface SchemasReport {
  /** What the registry enforces where a subject says nothing. */
  readonly global: { readonly level: string; readonly state: 'set' | 'unchanged' | 'missing' };
  readonly subjects: readonly SubjectReport[];
}

export interface RegisterSchemasOptions {
  /** Confluent API v7, as `http://host:port/apis/ccompat/v7`; may carry user and password */
  readonly registryUrl: string;
  /** What to register; one subject for each topic of the contracts if absent. */
  readonly subjects?: readonly WantedSubject[];
  readonly dryRun?: boolean;
  /** One line for each thing that was changed. */
  readonly log?: (line: string) => void;
}

/** The stricter of the two levels: what nobody thought of is held to it. */
const GLOBAL_LEVEL: Compatibility = 'FULL_TRANSITIVE';
const NO_LEVEL = 'NONE';

/** @returns one subject for each topic of the contracts */
export function allWantedSubjects(): WantedSubject[] {
  return Object.values(topics).map((topic) => {
    const schema = schemas[topic.name];
    if (schema === undefined) throw new TypeError(`${topic.name} has no schema`);
    return { subject: subjectOf(topic), schema, compatibility: topic.compatibility };
  });
}

interface FoundSubject {
  readonly wanted: WantedSubject;
  readonly level: string | undefined;
  readonly versions: readonly SubjectVersion[];
  readonly id: number | undefined;
}

async function findSubject(admin: RegistryAdmin, wanted: WantedSubject): Promise<FoundSubject> {
  const versions = await admin.versionsOf(wanted.subject);
  if (versions.length === 0) return { wanted, level: undefined, versions, id: undefined };
  const level = await admin.levelOf(wanted.subject);
  return { wanted, level, versions, id: await admin.idOf(wanted.subject, wanted.schema) };
}

/** A registration that died between the schema and its level: one version, ours, and no level yet. It is finished, not refused. */
const isHalfRegistered = ({ level, versions, id }: FoundSubject): boolean =>
  (level === undefined || level === NO_LEVEL) && versions.length === 1 && id !== undefined;

const isDrifted = (found: FoundSubject): boolean =>
  found.versions.length > 0 && found.level !== found.wanted.compatibility && !isHalfRegistered(found);

const incompatibilitiesIn = ({ id, wanted, versions }: FoundSubject): string[] =>
  id === undefined ? incompatibilitiesOf(wanted.schema, versions, wanted.compatibility) : [];

function refuseDrift(found: readonly FoundSubject[], registryUrl: string): void {
  const base = registryUrl.replace(/\/\/[^@/]*@/, '//').replace(/\/$/, '');
  const lines = found
    .filter(isDrifted)
    .map(
      ({ wanted, level }) =>
        `  ${wanted.subject}: compatibility is ${level ?? 'not set'}, not ${wanted.compatibility}\n` +
        `    curl -X PUT -H 'content-type: application/json' -d '{"compatibility":"${wanted.compatibility}"}' ${base}/config/${wanted.subject}`,
    );
  if (lines.length > 0)
    throw new CliError('SCHEMA_DRIFT', `subjects are not as the code says; nothing was changed:\n${lines.join('\n')}`);
}

function refuseIncompatible(found: readonly FoundSubject[]): void {
  const lines = found.flatMap((each) => incompatibilitiesIn(each).map((why) => `  ${each.wanted.subject}: ${why}`));
  if (lines.length > 0)
    throw new CliError(
      'SCHEMA_INCOMPATIBLE',
      `schemas break the compatibility of their subjects; nothing was registered:\n${lines.join('\n')}\n` +
        '  give a new field a default, and leave out no field that had none; see libs/contracts/README.md',
    );
}

const reportOf = ({ wanted, versions, id }: FoundSubject): SubjectReport => ({
  subject: wanted.subject,
  compatibility: wanted.compatibility,
  state: id === undefined ? 'missing' : 'unchanged',
  id: id ?? null,
  versions: versions.length,
});

/** Registers one schema if it is missing, and sees that the registry then has it, at the right level. */
async function registerSubject(
  admin: RegistryAdmin,
  found: FoundSubject,
  log: (line: string) => void,
): Promise<SubjectReport> {
  const { subject, schema, compatibility } = found.wanted;
  if (found.id !== undefined && found.level === compatibility) return reportOf(found);
  if (found.id === undefined) await admin.register(subject, schema, compatibility);
  const registered = await findSubject(admin, found.wanted);
  if (registered.level !== compatibility) await admin.setLevelOf(subject, compatibility);
  const report = reportOf(registered);
  log(`registered ${subject} as schema ${report.id}, ${compatibility}`);
  return { ...report, state: 'registered' };
}

async function setGlobal(
  admin: RegistryAdmin,
  dryRun: boolean,
  log: (line: string) => void,
): Promise<SchemasReport['global']> {
  const level = await admin.globalLevel();
  if (level === GLOBAL_LEVEL) return { level, state: 'unchanged' };
  if (dryRun) return { level, state: 'missing' };
  try {
    await admin.setGlobalLevel(GLOBAL_LEVEL);
  } catch (error) {
    // Seen of Apicurio under load: it had set the level and answered that the rule exists already. What it holds now decides.
    if ((await admin.globalLevel()) !== GLOBAL_LEVEL) throw error;
  }
  log(`set the compatibility of the registry to ${GLOBAL_LEVEL} (it was ${level})`);
  return { level: GLOBAL_LEVEL, state: 'set' };
}

/**
 * Sets compatibility levels, registers the schemas that are missing and verifies all. A second time changes nothing.
 *
 * @returns one report for each subject, in the order asked
 * @throws {CliError} SCHEMA_DRIFT (a subject's level is another; nothing was changed), SCHEMA_INCOMPATIBLE (whom a schema
 *   would leave behind; nothing was registered), REGISTRY_UNREACHABLE
 */
export async function registerSchemas(options: RegisterSchemasOptions): Promise<SchemasReport> {
  const { registryUrl, subjects: wanted = allWantedSubjects(), dryRun = false, log = () => undefined } = options;
  const admin = createRegistryAdmin(registryUrl);
  const found = await Promise.all(wanted.map((each) => findSubject(admin, each)));
  refuseDrift(found, registryUrl);
  refuseIncompatible(found);
  const global = await setGlobal(admin, dryRun, log);
  if (dryRun) return { global, subjects: found.map(reportOf) };
  const subjects: SubjectReport[] = [];
  for (const each of found) subjects.push(await registerSubject(admin, each, log));
  return { global, subjects };
}

/**
 * Looks at subjects and changes nothing.
 *
 * @throws {CliError} REGISTRY_UNREACHABLE
 */
export async function listSchemas(
  options: Pick<RegisterSchemasOptions, 'registryUrl' | 'subjects'>,
): Promise<SchemasReport> {
  const admin = createRegistryAdmin(options.registryUrl);
  const found = await Promise.all((options.subjects ?? allWantedSubjects()).map((each) => findSubject(admin, each)));
  const stateOf = (each: FoundSubject): SubjectReport['state'] => {
    if (isDrifted(each)) return 'drifted';
    return incompatibilitiesIn(each).length > 0 ? 'incompatible' : reportOf(each).state;
  };
  return {
    global: await setGlobal(admin, true, () => undefined),
    subjects: found.map((each) => ({
      ...reportOf(each),
      compatibility: each.level ?? 'not set',
      state: stateOf(each),
    })),
  };
}
