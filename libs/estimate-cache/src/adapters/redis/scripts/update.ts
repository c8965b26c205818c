import { clockLua, flightLua, valueLua, whenFullLua } from './prelude.ts';
import { createScript } from './script.ts';

/** KEYS :v :m; ARGV estimateVersion, estimate or '' (withdrawn), keepMs. */
export const updateScript = createScript(
  'update',
  whenFullLua,
  clockLua,
  valueLua,
  flightLua,
  `
local version, json, keepMs = ARGV[1], ARGV[2], ARGV[3]

local flight = read_flight()
if flight then
  if tonumber(version) > flight.estimateFence then
    redis.call('HSET', KEYS[2], 'fe', version, 'ft', text(now_ms()))
  end
  redis.call('PEXPIRE', KEYS[2], keepMs)
end

local value = full(read_value())
if not value then return 'absent' end
local than = value.estimateVersion
if than and than >= tonumber(version) then return 'older' end
if not than and json ~= '' then
  redis.call('DEL', KEYS[1])
  return 'removed'
end
value.estimateVersion = tonumber(version)
value.json = json
redis.call('SET', KEYS[1], print_value(value), 'KEEPTTL')
return 'updated'
`,
);
