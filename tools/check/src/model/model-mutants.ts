import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { repositoryFolder } from '@porchlight/stack';
import { z } from 'zod';
import type { Mutant } from '../mutants/mutant.ts';
import { readMutants } from '../mutants/read-mutants.ts';
import type { MutantSearched } from './search-mutant.ts';

const LIBRARY = 'libs/estimate-cache';
const WORLD_TEST = /^src\/model\/small\/(.+)\.test\.ts$/;

/** A line of the library, and the small world whose search must notice that it is gone. */
export interface ModelMutant {
  readonly mutant: Mutant;
  readonly world: string;
}

/** @param nameOf  the name of the world that a test file proves */
export function modelMutants(nameOf: (file: string) => string): ModelMutant[] {
  const list = readMutants(repositoryFolder).find(({ folder }) => folder === LIBRARY)?.mutants ?? [];
  return list.flatMap((mutant) => {
    const file = mutant.killedBy.map((test) => WORLD_TEST.exec(test)?.[1]).find((each) => each !== undefined);
    return file === undefined ? [] : [{ mutant, world: nameOf(file) }];
  });
}

const answer = z.object({ promise: z.string().nullable(), story: z.string(), steps: z.number() });

/** A mutant that cannot be searched proves nothing. */
export class MutantNotSearched extends Error {
  readonly code = 'MUTANT_NOT_SEARCHED';
}

/** Searches in a process of its own, which loads the library with the line taken out. @throws {MutantNotSearched} */
export async function searchMutant({ mutant, world }: ModelMutant, signal: AbortSignal): Promise<MutantSearched> {
  const taken = { file: join(repositoryFolder, LIBRARY, mutant.file), take: mutant.take, put: mutant.put };
  const child = spawn(process.execPath, [join(import.meta.dirname, 'search-mutant.ts'), JSON.stringify(taken), world], {
    cwd: repositoryFolder,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const ended = new Promise<number | null>((resolve, reject) => child.once('exit', resolve).once('error', reject));
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new MutantNotSearched(`${mutant.guards}: ${errors.trim().slice(-600)}`);
  return answer.parse(JSON.parse(output));
}
