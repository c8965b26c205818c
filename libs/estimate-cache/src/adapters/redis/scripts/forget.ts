import { createScript } from './script.ts';

/** KEYS :m; ARGV epoch. */
export const forgetScript = createScript(
  'forget',
  `
if redis.pcall('HGET', KEYS[1], 'e') ~= ARGV[1] then return 'kept' end
redis.call('DEL', KEYS[1])
return 'forgotten'
`,
);
