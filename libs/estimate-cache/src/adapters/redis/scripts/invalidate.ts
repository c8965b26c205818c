import { flightLua, valueLua, whenFullLua } from './prelude.ts';
import { createScript } from './script.ts';

/** KEYS :v :m; ARGV version, newEpoch, keepMs. */
export const invalidateScript = createScript(
  'invalidate',
  whenFullLua,
  valueLua,
  flightLua,
  `
local version, newEpoch, keepMs = ARGV[1], ARGV[2], ARGV[3]

local value = read_value()
if value and value.version >= tonumber(version) then
  local flight = read_flight()
  if flight then
    raise_facts_fence(flight, version)
    redis.call('PEXPIRE', KEYS[2], keepMs)
  end
  return 'already'
end

local removed = redis.call('DEL', KEYS[1])
local flight = read_flight()
if flight then
  raise_facts_fence(flight, version)
  redis.call('HSET', KEYS[2], 'e', newEpoch)
  redis.call('HDEL', KEYS[2], 'l', 'lx', 'lc')
  redis.call('PEXPIRE', KEYS[2], keepMs)
end
if removed == 1 then return 'removed' end
return flight and 'fenced' or 'absent'
`,
);
