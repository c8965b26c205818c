import { valueLua } from './prelude.ts';
import { createScript } from './script.ts';

/** KEYS :v; ARGV version, checkedAt. */
export const touchScript = createScript(
  'touch',
  valueLua,
  `
local version, checkedAt = ARGV[1], ARGV[2]

local value = read_value()
if not value then return 'absent' end
if tonumber(value.version) ~= tonumber(version) then return 'changed' end
if tonumber(value.checkedAt) >= tonumber(checkedAt) then return 'touched' end
value.checkedAt = checkedAt
redis.call('SET', KEYS[1], print_value(value), 'KEEPTTL')
return 'touched'
`,
);
