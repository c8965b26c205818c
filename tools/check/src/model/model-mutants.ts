import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { repositoryFolder } from '@porchlight/stack';
import { z } from 'zod';
import type { Mutant } from '../mutants/mutant.ts';
import { readMutants } from '../mutants/read-mutants.ts';
import { checkedWorlds } from './worlds.ts';

const LIBRARY = 'libs/estimate-cache';
const TEST_OF_A_HOME = /^src\/model\/small\/(.+)\.test\.ts$/;
const TEST_OF_MARKS = /^src\/marks\/model\/.+-worlds\.test\.ts$/;

/** A mutant that cannot be searched proves nothing. */
export class MutantNotSearched extends Error {
  readonly code = 'MUTANT_NOT_SEARCHED';
}

/** A line of the library, and the worlds of which one must notice that it is gone. */
export interface ModelMutant {
  readonly mutant: Mutant;
  readonly worlds: readonly string[];
}

const smallMarkWorlds = checkedWorlds.filter((world) => world.of === 'marks' && world.isSmall).map(({ name }) => name);

/** The worlds that a test file of the library proves; none: it is another kind of test. */
function worldsOf(test: string): readonly string[] {
  const file = TEST_OF_A_HOME.exec(test)?.[1];
  if (file === undefined) return TEST_OF_MARKS.test(test) ? smallMarkWorlds : [];
  const world = checkedWorlds.find(({ name }) => name.replaceAll(' ', '-') === file);
  if (world === undefined) throw new MutantNotSearched(`no world is called as ${test}`);
  return [world.name];
}

/** Every line of the library's list that a search must miss. @throws {MutantNotSearched} if a test names no world */
export function modelMutants(): ModelMutant[] {
  const list = readMutants(repositoryFolder).find(({ folder }) => folder === LIBRARY)?.mutants ?? [];
  return list.flatMap((mutant) => {
    const worlds = mutant.killedBy.flatMap(worldsOf);
    return worlds.length === 0 ? [] : [{ mutant, worlds }];
  });
}

/** What the search of a mutant says. */
export type MutantSearched = z.infer<typeof answer>;
const answer = z.object({ world: z.string(), story: z.string() }).nullable();

/**
 * Searches in a process of its own, which loads the library with the line taken out.
 *
 * @returns the first of its worlds that breaks, and how; null: it survived
 * @throws {MutantNotSearched}
 */
export async function searchMutant({ mutant, worlds }: ModelMutant, signal: AbortSignal): Promise<MutantSearched> {
  const taken = { file: join(repositoryFolder, LIBRARY, mutant.file), take: mutant.take, put: mutant.put };
  const searcher = join(import.meta.dirname, 'search-mutant.ts');
  const child = spawn(process.execPath, [searcher, JSON.stringify(taken), ...worlds], {
    cwd: repositoryFolder,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const ended = new Promise<number | null>((resolve, reject) => child.once('exit', resolve).once('error', reject));
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new MutantNotSearched(`${mutant.guards}: ${errors.trim().slice(-600)}`);
  return answer.parse(JSON.parse(output));
}
