import { createScript } from './script.ts';

/** KEYS :v; ARGV the bytes that could not be read. A value that was filled meanwhile is not lost. */
export const discardScript = createScript(
  'discard',
  `
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 'kept' end
redis.call('DEL', KEYS[1])
return 'discarded'
`,
);
