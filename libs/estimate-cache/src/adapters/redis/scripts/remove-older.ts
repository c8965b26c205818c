import { valueLua } from './prelude.ts';
import { createScript } from './script.ts';

/**
 * KEYS :v; ARGV version. The first half of INVALIDATE by itself, for a slot that is half-moved: the value is gone at
 * once, and one that is new enough stays (a replayed change costs no paid call there either). Fences and tickets are
 * left to INVALIDATE, which has not been acknowledged before it has run.
 */
export const removeOlderScript = createScript(
  'remove-older',
  valueLua,
  `
local value = read_value()
if value and tonumber(value.version) >= tonumber(ARGV[1]) then return 'kept' end
return redis.call('DEL', KEYS[1]) == 1 and 'removed' or 'absent'
`,
);
