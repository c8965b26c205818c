import { BACK_OFF_NONCE } from '../../../transitions/lease.ts';
import { clockLua, whenFullLua } from './prelude.ts';
import { createScript } from './script.ts';

/** KEYS :m; ARGV nonce, '1' to back off or '0', retryMs. */
export const releaseScript = createScript(
  'release',
  whenFullLua,
  clockLua,
  `
local nonce, backOff, retryMs = ARGV[1], ARGV[2], tonumber(ARGV[3])

if redis.pcall('HGET', KEYS[1], 'l') ~= nonce then return 'kept' end
if backOff == '1' then
  redis.call('HSET', KEYS[1], 'l', '${BACK_OFF_NONCE}', 'lx', text(now_ms() + retryMs), 'lc', 's')
else
  redis.call('HDEL', KEYS[1], 'l', 'lx', 'lc')
end
return 'released'
`,
);
