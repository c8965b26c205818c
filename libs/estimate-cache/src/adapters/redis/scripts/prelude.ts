import { FORMAT, HEAD_BYTES, MLS_ID_BYTES_MAX } from '../../../layout.ts';

/**
 * What the scripts share: the clock of Redis, the layout of `:v` (layout.ts) and of `:m`. KEYS[1] is `:v`, KEYS[2] is
 * `:m`; a script that takes one key says which. Each script mirrors the transition of its name line by line; the
 * conformance suite and the differential runs hold the two together.
 *
 * Numbers of `:m` stay the text that they came as wherever they are written back: Lua prints a large one as 9.007e+15.
 */
export const clockLua = `
local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function text(n) return string.format('%.0f', n) end
`;

/**
 * The string of `:v` as a table, and back; the layout is that of layout.ts. Versions and instants are numbers here: below
 * 2^53 they are exact, and struct writes them as they are. A key of a wrong type is an error from Redis: no value, and somebody else's.
 */
export const valueLua = `
local HEAD = '>c2c1c1c1c1BI8I6I8I6I6I6I4'
local HEAD_BYTES = ${HEAD_BYTES}
local VERSION_MAX = 9007199254740991

local function is_one_of(codes, code) return string.find(codes, code, 1, true) ~= nil end

local function read_value()
  local bytes = redis.pcall('GET', KEYS[1])
  if type(bytes) == 'table' then return nil, 'foreign' end
  if not bytes or #bytes < HEAD_BYTES then return nil end
  local v = { bytes = bytes }
  local format, versioned, mlsBytes, size
  format, v.class, v.status, v.level, versioned, mlsBytes, v.version, v.checkedAt, v.estimateVersion, v.acquiredAt,
    v.softExpiryAt, v.hardExpiryAt, size = struct.unpack(HEAD, bytes)
  local estimateAt = HEAD_BYTES + mlsBytes
  if format ~= '${FORMAT}|' or mlsBytes > ${MLS_ID_BYTES_MAX} or estimateAt + size ~= #bytes then return nil end
  if not (is_one_of('sw', v.class) and is_one_of('uao', v.status) and is_one_of('012345-', v.level)) then return nil end
  if v.version > VERSION_MAX or v.estimateVersion > VERSION_MAX then return nil end
  v.mls = string.sub(bytes, HEAD_BYTES + 1, estimateAt)
  v.json = string.sub(bytes, estimateAt + 1)
  if string.find(v.mls, '[^%w_-]') then return nil end
  if v.json ~= '' and (string.sub(v.json, 1, 1) ~= '{' or versioned ~= 'v') then return nil end
  if versioned ~= 'v' then v.estimateVersion = nil end
  v.isFactsOnly = versioned == 'f'
  if not is_one_of('v-f', versioned) then return nil end
  return v
end

-- The value for whoever is after the estimate: one that holds facts only is none.
local function full(value) return value and not value.isFactsOnly and value or nil end

local function print_value(v)
  local versioned = v.isFactsOnly and 'f' or v.estimateVersion and 'v' or '-'
  local head = struct.pack(HEAD, '${FORMAT}|', v.class, v.status, v.level, versioned, #v.mls,
    v.version, v.checkedAt, v.estimateVersion or 0, v.acquiredAt, v.softExpiryAt, v.hardExpiryAt, #v.json)
  return head .. v.mls .. v.json
end
`;

/**
 * First part of the scripts that remove, or write no more than a few bytes beside what is there: they run also when Redis is at its
 * memory limit. Without it a change that only raises a fence would be refused there, and hold up every change behind it.
 * ACQUIRE goes without: at the limit nobody draws a ticket, so nothing is filled.
 */
export const whenFullLua = '#!lua flags=allow-oom\n';

/** `ff`, `fe` and `ft` are 0 where no change met the flight. Of another type, or with numbers that are none, it is somebody else's. */
export const flightLua = `
local function is_number(text) return not text or (#text <= 16 and string.match(text, '^%d+$') ~= nil) end

local function read_flight()
  local f = redis.pcall('HMGET', KEYS[2], 'e', 'ff', 'fe', 'ft', 'l', 'lx', 'lc')
  if f.err or not f[1] then return nil end
  if not (is_number(f[2]) and is_number(f[3]) and is_number(f[4]) and is_number(f[6])) then return nil end
  return { epoch = f[1], factsFence = tonumber(f[2] or 0), estimateFence = tonumber(f[3] or 0),
    estimateFenceRoseAt = tonumber(f[4] or 0), nonce = f[5], leaseEndsAt = tonumber(f[6] or 0), leaseClass = f[7] }
end

local function raise_facts_fence(flight, version)
  if tonumber(version) > flight.factsFence then redis.call('HSET', KEYS[2], 'ff', version) end
end
`;

/** The same as transitions/ticket.ts. */
export const ticketLua = `
local function is_ticket_good(flight, epoch, acquiredAt, now)
  if not flight or flight.epoch ~= epoch then return false end
  return tonumber(acquiredAt) <= now
end
`;
