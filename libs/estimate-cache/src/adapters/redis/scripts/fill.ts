import { clockLua, flightLua, ticketLua, valueLua } from './prelude.ts';
import { createScript } from './script.ts';

/**
 * KEYS :v :m; ARGV class, epoch, nonce, acquiredAt, version, status, mlsId, level, checkedAt, estimateVersion, '' for a
 * fetched none or '?' for facts only, estimate or '', active, off-market and none TTL in ms, softPercent.
 */
export const fillScript = createScript(
  'fill',
  clockLua,
  valueLua,
  flightLua,
  ticketLua,
  `
local filled = { class = ARGV[1], acquiredAt = tonumber(ARGV[4]), version = tonumber(ARGV[5]), status = ARGV[6],
  mls = ARGV[7], level = ARGV[8], checkedAt = tonumber(ARGV[9]), isFactsOnly = ARGV[10] == '?', estimateVersion = tonumber(ARGV[10]), json = ARGV[11] }
local epoch, nonce, softPercent = ARGV[2], ARGV[3], tonumber(ARGV[15])
local ttlMs = { active = tonumber(ARGV[12]), offMarket = tonumber(ARGV[13]), none = tonumber(ARGV[14]) }
local now = now_ms()

local flight = read_flight()
if flight and flight.nonce == nonce then redis.call('HDEL', KEYS[2], 'l', 'lx', 'lc') end

local function is_below_fence()
  if filled.isFactsOnly then return false end
  if not filled.estimateVersion then return filled.acquiredAt <= flight.estimateFenceRoseAt end
  return filled.estimateVersion < flight.estimateFence
end

if not is_ticket_good(flight, epoch, filled.acquiredAt, now) then return { 'epoch' } end
if filled.version < flight.factsFence then return { 'behind' } end
if is_below_fence() then return { 'below' } end

local stored = read_value()

local function takes_facts()
  if not stored then return true end
  if filled.version == stored.version then return filled.checkedAt > stored.checkedAt end
  return filled.version > stored.version
end

local function takes_estimate()
  if not stored then return true end
  if filled.isFactsOnly ~= stored.isFactsOnly then return stored.isFactsOnly end
  local version, than = filled.estimateVersion, stored.estimateVersion
  if version and than and version ~= than then return version > than end
  return filled.acquiredAt > stored.acquiredAt
end

local facts = takes_facts() and filled or stored
local half = takes_estimate() and filled or stored
if facts == stored and half == stored then return { 'older', stored.bytes } end

local estimateVersion = half.estimateVersion
if half == filled and stored and half.json == '' and stored.json == '' and not estimateVersion then
  estimateVersion = stored.estimateVersion
end

local function hard_ttl_ms()
  if half.json == '' and not half.isFactsOnly then return ttlMs.none end
  return facts.status == 'o' and ttlMs.offMarket or ttlMs.active
end
local hardTtlMs = hard_ttl_ms()
local softTtlMs = math.floor((hardTtlMs * softPercent) / 100)
local hardExpiryAt = half.acquiredAt + hardTtlMs
if hardExpiryAt <= now then
  redis.call('DEL', KEYS[1])
  return { 'below' }
end

local joined = print_value({ class = filled.class, version = facts.version, status = facts.status, mls = facts.mls,
  level = facts.level, checkedAt = facts.checkedAt, isFactsOnly = half.isFactsOnly, estimateVersion = estimateVersion, acquiredAt = half.acquiredAt,
  softExpiryAt = half.acquiredAt + softTtlMs, hardExpiryAt = hardExpiryAt, json = half.json })
redis.call('SET', KEYS[1], joined, 'PXAT', text(hardExpiryAt))
return { 'ok', joined }
`,
);
