/**
 * What the scripts share: the clock of Redis, the layout of `:v` (format.ts) and of `:m`. KEYS[1] is `:v`, KEYS[2] is
 * `:m`; a script that takes one key says which. Each script mirrors the transition of its name line by line; the
 * conformance suite and the differential runs hold the two together.
 *
 * Numbers stay the text that they came as wherever they are written back: Lua prints a large one as 9.007e+15.
 */
export const clockLua = `
local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function text(n) return string.format('%.0f', n) end
`;

/** A key of a wrong type is an error from Redis, and counts as unreadable. */
export const valueLua = `
local LAYOUT = '^1|([sw])|(%d+)|([uao])|([%w_-]*)|([0-5]?)|(%d+)|(%d*)|(%d+)|(%d+)|(%d+)|(%d+)|(.*)$'
local function is_whole(digits) return #digits <= 16 and tonumber(digits) <= 9007199254740991 end

local function read_value()
  local bytes = redis.pcall('GET', KEYS[1])
  if type(bytes) ~= 'string' then return nil end
  local v = { bytes = bytes }
  local size
  v.class, v.version, v.status, v.mls, v.level, v.checkedAt, v.estimateVersion, v.acquiredAt, v.softExpiryAt,
    v.hardExpiryAt, size, v.json = string.match(bytes, LAYOUT)
  if not v.class or #v.mls > 64 then return nil end
  for _, digits in ipairs({ v.version, v.checkedAt, v.acquiredAt, v.softExpiryAt, v.hardExpiryAt, size }) do
    if not is_whole(digits) then return nil end
  end
  if v.estimateVersion ~= '' and not is_whole(v.estimateVersion) then return nil end
  if tonumber(size) ~= #v.json then return nil end
  if v.json ~= '' and (string.sub(v.json, 1, 1) ~= '{' or v.estimateVersion == '') then return nil end
  return v
end

local function print_value(v)
  return table.concat({ '1', v.class, v.version, v.status, v.mls, v.level, v.checkedAt, v.estimateVersion,
    v.acquiredAt, v.softExpiryAt, v.hardExpiryAt, #v.json, v.json }, '|')
end
`;

/** `ff`, `fe` and `ft` are 0 where no change met the flight. */
export const flightLua = `
local function read_flight()
  local f = redis.pcall('HMGET', KEYS[2], 'e', 'ff', 'fe', 'ft', 'l', 'lx', 'lc')
  if f.err or not f[1] then return nil end
  return { epoch = f[1], factsFence = tonumber(f[2] or 0), estimateFence = tonumber(f[3] or 0),
    estimateFenceRoseAt = tonumber(f[4] or 0), nonce = f[5], leaseEndsAt = tonumber(f[6] or 0), leaseClass = f[7] }
end

local function raise_facts_fence(flight, version)
  if tonumber(version) > flight.factsFence then redis.call('HSET', KEYS[2], 'ff', version) end
end
`;

/** The same as transitions/ticket.ts. */
export const ticketLua = `
local function is_ticket_good(flight, epoch, acquiredAt, now, keepMs)
  if not flight or flight.epoch ~= epoch then return false end
  local age = now - tonumber(acquiredAt)
  return age >= 0 and age <= tonumber(keepMs)
end
`;
