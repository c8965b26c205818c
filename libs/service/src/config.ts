import { readFileSync } from 'node:fs';
import { describeError, redact } from '@porchlight/telemetry';
import { z } from 'zod';
import { ServiceError } from './service-error.ts';

type Shape = Readonly<Record<string, z.ZodType>>;

/** Looks at values together, by their names; not asked when one of those is wrong itself. @returns what is wrong, or undefined */
export type ConfigCheck<S extends Shape> = (config: z.output<z.ZodObject<S>>) => string | undefined;

/** Every knob of an app. The README table and --help are printed from it. */
export interface ConfigSchema<S extends Shape = Shape> {
  readonly shape: S;
  /** Typed where they are given; here only so that a schema with more variables passes for one with fewer. */
  readonly checks: readonly ((config: never) => string | undefined)[];
}

/** The values that a schema gives. */
export type Config<C extends ConfigSchema> = z.output<z.ZodObject<C['shape']>>;

/** The environment does not fit: the message names every variable that is missing or out of range. Exit code 78. */
export class ConfigInvalid extends ServiceError {
  readonly code = 'CONFIG_INVALID';
  readonly fate = 'crash';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the configuration does not fit:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Marks a value that no message or table may show. It may also come from the file that `<NAME>_FILE` names. */
export const secret = <T extends z.ZodType>(schema: T): T => schema.meta({ ...schema.meta(), secret: true });

interface Variable {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly description: string;
  readonly secret: boolean;
  readonly required: boolean;
  readonly defaultText: string;
  readonly range: string;
}

interface Printed {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly secret?: boolean;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
}

const URL_RANGE = 'URL';

function rangeOf(printed: Printed): string {
  if (printed.enum !== undefined) return printed.enum.map(String).join(', ');
  if (printed.type === 'integer' || printed.type === 'number') {
    const kind = printed.type === 'integer' ? 'integer' : 'number';
    // A bound that zod sets for every safe integer says nothing.
    const min = printed.minimum === Number.MIN_SAFE_INTEGER ? undefined : printed.minimum;
    const max = printed.maximum === Number.MAX_SAFE_INTEGER ? undefined : printed.maximum;
    return min === undefined && max === undefined ? kind : `${kind} ${min ?? ''}..${max ?? ''}`;
  }
  return printed.format === 'uri' ? URL_RANGE : 'text';
}

function variablesOf(schema: ConfigSchema): Variable[] {
  const printed = z.toJSONSchema(z.object(schema.shape), { io: 'input', unrepresentable: 'any' });
  return Object.entries(schema.shape).map(([name, each]) => {
    const about = (printed.properties?.[name] ?? {}) as Printed;
    const isDefaulted = each.safeParse(undefined).success;
    // Also one that lies behind a transformation, which the printed form does not show.
    const fallback = about.default ?? (isDefaulted ? each.parse(undefined) : undefined);
    return {
      name,
      schema: each,
      description: about.description ?? '',
      secret: about.secret === true,
      required: !isDefaulted,
      defaultText: typeof fallback === 'string' ? fallback : (JSON.stringify(fallback) ?? ''),
      range: rangeOf(about),
    };
  });
}

/**
 * A config schema: one zod type for each environment variable, each with a description.
 *
 * @param checks what must hold between values
 * @throws {TypeError} a name that is not UPPER_SNAKE, or a variable without a description: a caller's bug
 */
export function defineConfig<S extends Shape>(shape: S, checks: readonly ConfigCheck<S>[] = []): ConfigSchema<S> {
  const schema: ConfigSchema<S> = { shape, checks };
  for (const { name, description } of variablesOf(schema)) {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name)) throw new TypeError(`${name} is no name for a variable`);
    if (description === '') throw new TypeError(`${name} has no description`);
  }
  return schema;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Found = { readonly value?: string; readonly problem?: string };

/** An empty variable counts as absent: that is what an unset line of a manifest gives. */
function findValue(variable: Variable, environment: Environment): Found {
  const direct = environment[variable.name];
  const path = variable.secret ? environment[`${variable.name}_FILE`] : undefined;
  const hasDirect = direct !== undefined && direct !== '';
  if (path === undefined || path === '') return hasDirect ? { value: direct } : {};
  if (hasDirect) return { problem: `${variable.name} and ${variable.name}_FILE are both set: set one` };
  try {
    return { value: readFileSync(path, 'utf8').replace(/\r?\n$/, '') };
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    return { problem: `${variable.name}_FILE names a file that cannot be read (${code})` };
  }
}

/**
 * A URL may carry a user and a password, in a form that nobody can cut out when it is not even a URL. The same for
 * whatever else holds what looks like one.
 */
const mayBeShown = (variable: Variable, value: string): boolean =>
  !variable.secret && variable.range !== URL_RANGE && !value.includes('@');

function problemOf(variable: Variable, found: Found, issues: readonly { message: string }[]): string {
  if (found.problem !== undefined) return found.problem;
  const about = `${variable.range}: ${variable.description}`;
  if (found.value === undefined) return `${variable.name} is missing (${about})`;
  if (!mayBeShown(variable, found.value)) return `${variable.name} has a value that does not fit (${about})`;
  const why = issues.map(({ message }) => message).join('; ');
  return `${variable.name} is ${JSON.stringify(found.value)}, ${why} (${about})`;
}

/** Stops a check that asks for a value which there is not. */
class NotParsed extends Error {}

/** Says what is wrong between values; a check that asks for a variable that is wrong itself has nothing to say. */
function problemsBetween(schema: ConfigSchema, values: Record<string, unknown>, wrong: readonly string[]): string[] {
  const readable = { ...values };
  for (const name of wrong) {
    const get = () => {
      throw new NotParsed(name);
    };
    Object.defineProperty(readable, name, { get, enumerable: true });
  }
  return schema.checks.flatMap((check) => {
    try {
      const problem = check(readable as never);
      // A check writes its message itself, and may show a URL in it.
      return problem === undefined ? [] : [String(redact(problem, describeError))];
    } catch (error) {
      if (error instanceof NotParsed) return [];
      throw error;
    }
  });
}

/**
 * The config of a process.
 *
 * @throws {ConfigInvalid} naming all variables that are missing, out of range or at odds, with what each is for; never
 *   a secret, a URL, or what may hold a password
 */
export function loadConfig<C extends ConfigSchema>(schema: C, environment: Environment): Config<C> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  const wrong: string[] = [];
  for (const variable of variablesOf(schema)) {
    const found = findValue(variable, environment);
    const parsed = variable.schema.safeParse(found.value);
    if (found.problem === undefined && parsed.success) values[variable.name] = parsed.data;
    else {
      wrong.push(variable.name);
      problems.push(problemOf(variable, found, parsed.error?.issues ?? []));
    }
  }
  problems.push(...problemsBetween(schema, values, wrong));
  if (problems.length > 0) throw new ConfigInvalid(problems);
  return values as Config<C>;
}

/** The variables as a Markdown table: for the README, which a test compares, and for --help. */
export function describeConfig(schema: ConfigSchema): string {
  const rows = variablesOf(schema).map((variable) => {
    const name = `\`${variable.name}\`${variable.secret ? `, \`${variable.name}_FILE\`` : ''}`;
    const standard = variable.required ? 'required' : variable.defaultText === '' ? '' : `\`${variable.defaultText}\``;
    return `| ${name} | ${standard} | ${variable.range} | ${variable.description.replaceAll('|', '\\|')} |`;
  });
  return ['| variable | default | range | what |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
