import { createHash } from 'node:crypto';

/** A Lua script that touches one key. */
export interface BudgetScript {
  readonly name: string;
  readonly lua: string;
  readonly sha: string;
}

const createScript = (name: string, lua: string): BudgetScript => ({
  name,
  lua,
  sha: createHash('sha1').update(lua).digest('hex'),
});

/**
 * Runs also at the memory limit of Redis: it writes some bytes, and without it a full Redis would take the limit on spending away.
 */
const head = `#!lua flags=allow-oom
local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function whole(n) return string.format('%.0f', n) end
`;

/**
 * `drawTokens` on the clock of Redis, and the pause before it.
 *
 * KEYS the budget: HASH r requests, i items, at when they were so; pu, pb until when users and background calls pause
 * ARGV items, lane, then of requests and of items: perS, capacity, reserve; PAUSE_MS_MAX; how long the hash is kept
 * -> 'ok' | 'no-requests' | 'no-items' | 'paused|<ms>'
 */
export const drawScript = createScript(
  'draw',
  `${head}
local items, isUser = tonumber(ARGV[1]), ARGV[2] == 'user'
local pauseMax, keepMs = tonumber(ARGV[9]), ARGV[10]
local function limits(at)
  return { perS = tonumber(ARGV[at]), capacity = tonumber(ARGV[at + 1]), reserve = tonumber(ARGV[at + 2]) }
end
local now = now_ms()
local had = redis.call('HMGET', KEYS[1], 'r', 'i', 'at', 'pu', 'pb')

local left = tonumber(had[isUser and 4 or 5] or 0) - now
-- a pause that ends later than a pause can was written before the clock of this server went back
if left > 0 and left <= pauseMax then return 'paused|' .. whole(left) end

local since = math.max(0, now - tonumber(had[3] or now))
local function filled(tokens, of)
  return math.min(of.capacity, tonumber(tokens or of.capacity) + since / 1000 * of.perS)
end
local function has(tokens, cost, of) return of.perS == 0 or tokens - cost >= (isUser and 0 or of.reserve) end
local ofRequests, ofItems = limits(3), limits(6)
local requests, homes = filled(had[1], ofRequests), filled(had[2], ofItems)

local outcome = 'ok'
if not has(requests, 1, ofRequests) then outcome = 'no-requests'
elseif not has(homes, items, ofItems) then outcome = 'no-items' end
if outcome == 'ok' then
  if ofRequests.perS > 0 then requests = requests - 1 end
  if ofItems.perS > 0 then homes = homes - items end
end
if ofRequests.perS > 0 or ofItems.perS > 0 then
  redis.call('HSET', KEYS[1], 'r', string.format('%.6f', requests), 'i', string.format('%.6f', homes), 'at', whole(now))
  redis.call('PEXPIRE', KEYS[1], keepMs)
end
return outcome
`,
);

/**
 * `returnTokens` on the clock of Redis. A budget that nobody has drawn from, or that Redis has lost, is full already.
 *
 * KEYS the budget; ARGV items; of requests and of items: perS, capacity, reserve; how long the hash is kept
 */
export const giveBackScript = createScript(
  'give-back',
  `${head}
local now = now_ms()
local had = redis.call('HMGET', KEYS[1], 'r', 'i', 'at')
if not had[3] then return 'ok' end
local since = math.max(0, now - tonumber(had[3]))
local function refilled(tokens, back, at)
  local perS, capacity = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  return string.format('%.6f', math.min(capacity, tonumber(tokens) + since / 1000 * perS) + back)
end
redis.call('HSET', KEYS[1], 'r', refilled(had[1], 1, 2), 'i', refilled(had[2], tonumber(ARGV[1]), 5), 'at', whole(now))
redis.call('PEXPIRE', KEYS[1], ARGV[8])
return 'ok'
`,
);

/** KEYS the budget; ARGV userMs, backgroundMs, PAUSE_MS_MAX, how long the hash is kept. */
export const pauseScript = createScript(
  'pause',
  `${head}
local now = now_ms()
local had = redis.call('HMGET', KEYS[1], 'pu', 'pb')
local function later(known, ms)
  local untilMs = now + tonumber(ms)
  local before = tonumber(known or 0)
  if before > untilMs and before - now <= tonumber(ARGV[3]) then return known end
  return whole(untilMs)
end
redis.call('HSET', KEYS[1], 'pu', later(had[1], ARGV[1]), 'pb', later(had[2], ARGV[2]))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 'ok'
`,
);
