import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Mutant } from './mutant.ts';

/** A library's kept mutants: `mutants.json` beside its package.json. */
export interface MutantList {
  /** The library's folder, from the repository's. */
  readonly folder: string;
  readonly mutants: readonly Mutant[];
}

const schema = z.array(
  z.strictObject({
    guards: z.string().min(1),
    file: z.string().min(1),
    take: z.string().min(1),
    put: z.string(),
    killedBy: z.array(z.string().min(1)).min(1),
  }),
);

/** Every list of the repository. @throws what is wrong with a list */
export function readMutants(repository: string): MutantList[] {
  return globSync('{apps,libs,tools}/*/mutants.json', { cwd: repository })
    .toSorted()
    .map((path) => ({
      folder: dirname(path),
      mutants: schema.parse(JSON.parse(readFileSync(join(repository, path), 'utf8'))),
    }));
}
