#!/usr/bin/env node
/** From whatever Node a person has (18 or newer) to the pinned Node 24, which runs the sources as they are. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const tool = join(dirname(fileURLToPath(import.meta.url)), '..');
const pinned = join(tool, '..', '..', 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
const ownMajor = Number(process.versions.node.split('.')[0]);
const node = existsSync(pinned) ? pinned : ownMajor >= 24 ? process.execPath : undefined;
if (node === undefined) {
  console.error(`porchlight needs Node 24 or newer, and this is ${process.version}: run npm install in the repository`);
  process.exit(78);
}
// kafkajs 2.2.4 sets a timer of less than nothing, once; nobody at a terminal can do anything about it.
const flags = ['--disable-warning=TimeoutNegativeWarning'];
const { status } = spawnSync(node, [...flags, join(tool, 'src', 'main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
