#!/usr/bin/env node
/** From whatever Node a person has (18 or newer) to the pinned Node 24, which runs the sources as they are. */
import { spawn } from 'node:child_process';
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
const flags = ['--disable-warning=TimeoutNegativeWarning', '--disable-warning=ExperimentalWarning'];
const child = spawn(node, [...flags, join(tool, 'src', 'main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
// A terminal sends Ctrl-C to both: the command stops in order, and this process waits for it. What is sent to this process alone is passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGKILL' ? 137 : 1)));
