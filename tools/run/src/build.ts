import { buildApps } from './build-apps.ts';
import { buildOptions } from './built-apps.ts';

/** Builds the apps and prints where they are. */
process.stdout.write(`${await buildApps(buildOptions)}\n`);
