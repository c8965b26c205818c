import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchServerParts, type ServerParts } from '@porchlight/stack';
import type { Docker } from '../engine/docker.ts';
import { runProgram } from '../engine/run-program.ts';
import { repository } from '../image-apps.ts';
import { fillBase } from './base-files.ts';
import { recipes, type Recipe } from './recipes.ts';

const IMPORT_MS = 5 * 60_000;
const PULL_MS = 2 * 60_000;
const TEMPORARY = 0o1777;
/** On an image: it is none of the public ones, and what it was made from. */
export const LOOK_ALIKE_LABEL = 'porchlight.look-alike';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Of everything that says how they are made: a changed recipe makes all of them anew. */
async function recipeHash(parts: ServerParts): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(parts)).update(process.version);
  const names = (await readdir(here, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  for (const path of names.map((entry) => join(entry.parentPath, entry.name)).sort()) hash.update(await readFile(path));
  return hash.digest('hex').slice(0, 16);
}

async function make(docker: Docker, recipe: Recipe, parts: ServerParts, hash: string): Promise<void> {
  const scratch = join(repository, '.porchlight', 'look-alikes');
  await mkdir(scratch, { recursive: true });
  const root = await mkdtemp(join(scratch, 'root-'));
  try {
    await chmod(root, 0o755);
    await fillBase(root, recipe.linkedLike(parts));
    await recipe.fill(root, parts);
    await chmod(join(root, 'tmp'), TEMPORARY);
    for (const [path, user] of Object.entries(recipe.owned)) {
      await mkdir(join(root, path), { recursive: true });
      await chown(join(root, path), user, user);
    }
    const changes = [...recipe.changes, `LABEL ${LOOK_ALIKE_LABEL}=${hash}`].flatMap((change) => ['--change', change]);
    const archive = `${root}.tar`;
    await runProgram('tar', ['--create', '--file', archive, '--directory', root, '.'], { timeoutMs: IMPORT_MS });
    await docker.run(['import', ...changes, archive, recipe.image], { timeoutMs: IMPORT_MS });
    await rm(archive, { force: true });
  } finally {
    await rm(root, { recursive: true, force: true });
    await rm(`${root}.tar`, { force: true });
  }
}

/** Where one cannot be had, no other is asked for. */
const pulled = (docker: Docker, image: string): Promise<boolean> =>
  docker.run(['pull', '--quiet', image], { timeoutMs: PULL_MS }).then(
    () => true,
    () => false,
  );

/**
 * Makes the images that are missing, under the public names, from the same pinned parts that the local servers are made
 * of. For machines that reach package registries and no container registry: an image is pulled where that can be, and one that is there is left alone.
 *
 * @param say  is told one line for each image
 */
export async function makeLookAlikes(docker: Docker, say: (line: string) => void): Promise<void> {
  const parts = await fetchServerParts(say);
  const hash = await recipeHash(parts);
  let isReached = true;
  for (const recipe of recipes) {
    const label = await docker.imageField(recipe.image, `{{index .Config.Labels "${LOOK_ALIKE_LABEL}"}}`);
    const isTheRealOne = label === '' || label === '<no value>';
    if (isTheRealOne || label === hash) {
      say(`${recipe.image}: ${isTheRealOne ? 'the public one is here' : 'as it was made'}`);
      continue;
    }
    isReached = isReached && label === undefined && (await pulled(docker, recipe.image));
    if (isReached) {
      say(`${recipe.image}: pulled`);
      continue;
    }
    const beganAt = performance.now();
    await make(docker, recipe, parts, hash);
    say(`${recipe.image}: made in ${((performance.now() - beganAt) / 1_000).toFixed(1)} s`);
  }
}
