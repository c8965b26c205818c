import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

const require = createRequire(import.meta.url);
/** Brings no types. */
const addDraft2019 = require('ajv-formats-draft2019') as (ajv: Ajv) => void;

const schemas = join(dirname(require.resolve('@cyclonedx/cyclonedx-library/package.json')), 'res', 'schema');

const read = async (name: string): Promise<object> =>
  JSON.parse(await readFile(join(schemas, `${name}.SNAPSHOT.schema.json`), 'utf8')) as object;

let compiled: Promise<ValidateFunction> | undefined;

/** Once for all lists: the schema is large. */
async function compile(): Promise<ValidateFunction> {
  // `strict: false`: the published schema has words of its own beside the draft's.
  const ajv = new Ajv({ strict: false, allErrors: false });
  addFormats.default(ajv);
  addDraft2019(ajv);
  for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs'])
    ajv.addSchema(await read(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  return ajv.compile(await read('bom-1.6'));
}

/**
 * Whether a list of parts is what the published schema of CycloneDX 1.6 asks for.
 *
 * @param text  JSON
 * @returns what is wrong, or undefined
 */
export async function checkParts(text: string): Promise<string | undefined> {
  const isValid = await (compiled ??= compile());
  if (isValid(JSON.parse(text))) return undefined;
  const [first] = isValid.errors ?? [];
  return `${first?.instancePath || '/'} ${first?.message ?? 'is wrong'}`;
}
