/**
 * Writes generated/records.ts (types) and generated/schemas.ts (the schemas as one module, so that a bundle needs no
 * files) from schemas/*.avsc. `--check` writes nothing and exits 1 if they differ.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectNamedTypes, type AvroSchema, type NamedSchema } from './schema-shape.ts';
import { typescriptOf } from './typescript-of.ts';

const folder = new URL('../schemas/', import.meta.url);
const generated = new URL('./generated/', import.meta.url);

const HEADER = '// Generated from schemas/*.avsc. Do not edit: `node libs/contracts/src/generate.ts`.\n';

/** Every schema by the name of its topic, which is the name of its file; in order of names. */
export function readSchemas(): Map<string, AvroSchema> {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.avsc'))
    .sort();
  return new Map(
    files.map((file) => [
      basename(file, '.avsc'),
      JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as AvroSchema,
    ]),
  );
}

/** @throws {Error} if two files give one name different meanings */
function namedTypesOf(schemas: ReadonlyMap<string, AvroSchema>): NamedSchema[] {
  const named = new Map<string, NamedSchema>();
  for (const [file, schema] of schemas)
    for (const type of collectNamedTypes(schema)) {
      const known = named.get(type.name);
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(type))
        throw new Error(`${file}.avsc gives ${type.name} another meaning than a file before it`);
      named.set(type.name, type);
    }
  return [...named.values()];
}

/** @returns what each generated file must hold */
export function generate(): Record<'records.ts' | 'schemas.ts', string> {
  const schemas = readSchemas();
  const records = namedTypesOf(schemas).map(typescriptOf);
  const json = JSON.stringify(Object.fromEntries(schemas), null, 2);
  return {
    'records.ts': `${HEADER}\n${records.join('\n')}`,
    'schemas.ts': `${HEADER}\n/** The Avro schema of each topic's values, by the name of the topic. */\nexport const schemas: Readonly<Record<string, object>> = ${json};\n`,
  };
}

/** @returns the generated files that differ from the schemas */
export function differingFiles(): string[] {
  return Object.entries(generate())
    .filter(([file, text]) => {
      try {
        return readFileSync(new URL(file, generated), 'utf8') !== text;
      } catch {
        return true;
      }
    })
    .map(([file]) => file);
}

function main(): void {
  const differing = differingFiles();
  if (!process.argv.includes('--check'))
    for (const [file, text] of Object.entries(generate())) writeFileSync(new URL(file, generated), text);
  else if (differing.length > 0) {
    console.error(`${differing.join(', ')} differ from schemas/*.avsc: run node libs/contracts/src/generate.ts`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
