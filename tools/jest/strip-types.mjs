import { stripTypeScriptTypes } from 'node:module';

/** The one Jest transform: the types are stripped as Node itself strips them, so a test runs what production runs. */
const strip = (source) => ({ code: stripTypeScriptTypes(source) });

export default { process: strip, processAsync: async (source) => strip(source) };
