import { createHash } from 'node:crypto';
import { stripTypeScriptTypes } from 'node:module';

/** One line of one file as `npm run check -- mutants` wants it: `{ file, take, put }`. Nothing else ever sets it. */
const mutant = process.env.PORCHLIGHT_MUTANT === undefined ? undefined : JSON.parse(process.env.PORCHLIGHT_MUTANT);

const mutated = (source, file) => (mutant?.file === file ? source.split(mutant.take).join(mutant.put) : source);

/** The one Jest transform: the types are stripped as Node itself strips them, so a test runs what production runs. */
const strip = (source, file) => ({ code: stripTypeScriptTypes(mutated(source, file)) });

/** What is cached under a file's name must not outlive a mutant. */
const cacheKey = (source, file) =>
  createHash('sha256')
    .update(process.version)
    .update('\0')
    .update(file)
    .update('\0')
    .update(mutated(source, file))
    .digest('hex');

export default {
  process: strip,
  processAsync: async (source, file) => strip(source, file),
  getCacheKey: cacheKey,
  getCacheKeyAsync: async (source, file) => cacheKey(source, file),
};
