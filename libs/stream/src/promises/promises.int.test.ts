/**
 * The promises once more, on a real broker: every file beside this one registers its tests here, with a real bed.
 */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const files = readdirSync(here).filter((name) => /^promise-\d+-.*\.test\.ts$/.test(name));
if (files.length < 8) throw new Error(`only ${files.length} promises found beside this file`);
for (const file of files.toSorted()) await import(join(here, file));
