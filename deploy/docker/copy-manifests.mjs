// Copies what `npm ci` reads, and nothing else: as long as that is the same, a build takes its packages from the cache.
import { cpSync, globSync } from 'node:fs';
import { join } from 'node:path';

const [from, to] = process.argv.slice(2);
const manifests = ['package.json', 'package-lock.json', ...globSync('{apps,libs,tools}/*/package.json', { cwd: from })];
for (const file of manifests) cpSync(join(from, file), join(to, file));
