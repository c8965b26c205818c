import { clockLua, flightLua, valueLua } from './prelude.ts';
import { createScript } from './script.ts';

/**
 * KEYS :v :m; ARGV class, nonce, newEpoch, seenSoftExpiryAt or '', leaseSyncMs, leaseWarmMs, keepMs.
 *
 * Who misses is the first to meet keys that somebody else wrote here: they go, and their number is told, for MGET says nothing of a type.
 */
export const acquireScript = createScript(
  'acquire',
  clockLua,
  valueLua,
  flightLua,
  `
local class, nonce, newEpoch, seen, keepMs = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[7]
local leaseMs = { s = tonumber(ARGV[5]), w = tonumber(ARGV[6]) }
local now = now_ms()

local foreign = 0
local value, isForeign = read_value()
if isForeign then foreign = foreign + redis.call('DEL', KEYS[1]) end
value = full(value)
local asksRefresh = value and tonumber(seen) == value.softExpiryAt
if value and not asksRefresh then return { 'hit' } end

local flight = read_flight()
if not flight then
  -- Only what is there and no flight: a DEL of nothing would let the rest pass by the memory limit.
  if redis.call('EXISTS', KEYS[2]) == 1 then foreign = foreign + redis.call('DEL', KEYS[2]) end
  redis.call('HSET', KEYS[2], 'e', newEpoch)
  flight = { epoch = newEpoch, factsFence = 0, nonce = false }
end

local function is_held()
  if not flight.nonce then return false end
  return flight.leaseEndsAt > now and flight.leaseEndsAt <= now + (leaseMs[flight.leaseClass] or 0)
end

local outcome = 'wait'
if not is_held() or flight.nonce == nonce or (class == 's' and flight.leaseClass == 'w') then
  outcome = 'win'
  redis.call('HSET', KEYS[2], 'l', nonce, 'lx', text(now + leaseMs[class]), 'lc', class)
end
redis.call('PEXPIRE', KEYS[2], keepMs)
return { outcome, flight.epoch, text(now), text(flight.factsFence), text(foreign) }
`,
);
