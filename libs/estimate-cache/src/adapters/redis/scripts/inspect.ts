import { clockLua } from './prelude.ts';
import { createScript } from './script.ts';

/**
 * KEYS :v :m -> now, bytes of :v or '', what is wrong with its type or '', when :m ends, then e ff fe ft l lx lc, each '' where it is not.
 * `no-writes`: Redis itself refuses this script anything that changes a home, and runs it also at its memory limit.
 */
export const inspectScript = createScript(
  'inspect',
  '#!lua flags=no-writes\n',
  clockLua,
  `
local bytes = redis.pcall('GET', KEYS[1])
local wrong = ''
if type(bytes) == 'table' then bytes, wrong = '', 'foreign' end
local reply = { text(now_ms()), bytes or '', wrong, text(redis.call('PEXPIRETIME', KEYS[2])) }
local flight = redis.pcall('HMGET', KEYS[2], 'e', 'ff', 'fe', 'ft', 'l', 'lx', 'lc')
if flight.err then flight = {} end
for field = 1, 7 do reply[4 + field] = flight[field] or '' end
return reply
`,
);
