import { valueLua, whenFullLua } from './prelude.ts';
import { createScript } from './script.ts';

/** KEYS :v; ARGV version, checkedAt. */
export const touchScript = createScript(
  'touch',
  whenFullLua,
  valueLua,
  `
local version, checkedAt = tonumber(ARGV[1]), tonumber(ARGV[2])

local value = read_value()
if not value then return 'absent' end
if value.version ~= version then return 'changed' end
if value.checkedAt >= checkedAt then return 'touched' end
value.checkedAt = checkedAt
redis.call('SET', KEYS[1], print_value(value), 'KEEPTTL')
return 'touched'
`,
);
