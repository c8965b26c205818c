import { whenFullLua } from './prelude.ts';
import { createScript } from './script.ts';

/**
 * Whose memory this is. run_id is another after each start of the process, also with an old memory; the replication id is
 * another after each promotion, also of a primary that was one before. Together: another whenever the memory may be.
 *
 * INFO answers inside a script by the server that runs it, so it is right behind Envoy too. A field is found by its plain name: a pattern
 * that is tried at every place of the text took a third of a script's time.
 */
const runLua = `
local function info_of(section, field)
  local info = redis.call('INFO', section)
  local at = string.find(info, field .. ':', 1, true)
  return at and string.match(info, '^:(%x+)', at + #field)
end
local function server_run()
  local run = info_of('server', 'run_id')
  local history = info_of('replication', 'master_replid')
  return run and history and run .. '-' .. history
end
local run = server_run()
if not run then return redis.error_reply('ERR this server does not say its run_id and master_replid') end
`;

/** A field that nobody here writes is taken for nothing. Offsets stay text: Lua's numbers end at 2^53. */
const markLua = `
local function read_mark(name)
  local found = redis.pcall('HGET', KEYS[1], name)
  if type(found) ~= 'string' then return nil end
  local offset, untilAt = string.match(found, '^(%d+)|(%d*)$')
  if not offset or string.match(offset, '^0%d') then return nil end
  return { offset = offset, untilAt = untilAt }
end
local function write_mark(name, offset, untilAt) redis.call('HSET', KEYS[1], name, offset .. '|' .. untilAt) end
local function is_below(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end
local function until_after(stored, to, untilAt)
  local is_behind = is_below(to, stored.offset)
  if untilAt == '' or (is_behind and stored.untilAt ~= '') then return stored.untilAt end
  return untilAt
end
`;

const sinceLua = `
local function raise_since(at)
  local since = redis.call('HGET', KEYS[1], 's')
  if not since or not string.match(since, '^%d+$') or tonumber(since) < tonumber(at) then
    redis.call('HSET', KEYS[1], 's', at)
  end
end
local function drop_foreign()
  if type(redis.pcall('HLEN', KEYS[1])) ~= 'number' then redis.call('DEL', KEYS[1]) end
end
`;

/**
 * KEYS :k, and one that never exists: while the slot is half-moved Redis refuses a script whose keys are not all there, so
 * nothing is marked before all homes of the bucket are on one side. ARGV for each partition: name, run or '', fromOffset,
 * toOffset, untilAt or ''.
 */
export const markScript = createScript(
  'mark',
  whenFullLua,
  runLua,
  markLua,
  `
local function mark(name, named, from, to, untilAt)
  local stored = read_mark(name)
  if not stored then return 'missing ' .. run end
  if named ~= run then return 'changed ' .. run .. ' ' .. stored.offset end
  if is_below(stored.offset, from) then return 'lower ' .. run .. ' ' .. stored.offset end
  local offset = is_below(stored.offset, to) and to or stored.offset
  write_mark(name, offset, until_after(stored, to, untilAt))
  return 'marked ' .. offset
end

local answers = {}
for i = 1, #ARGV, 5 do
  answers[#answers + 1] = mark(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4])
end
return answers
`,
);

/** KEYS as MARK; ARGV for each partition: name, seenOffset or '', nextOffset, sinceAt or ''. */
export const resetScript = createScript(
  'reset',
  whenFullLua,
  markLua,
  sinceLua,
  `
local function reset(name, seen, offset, sinceAt)
  local stored = read_mark(name)
  if (stored and stored.offset or '') ~= seen then return 'kept' end
  drop_foreign()
  if sinceAt ~= '' then raise_since(sinceAt) end
  write_mark(name, offset, '')
  return 'reset'
end

local answers = {}
for i = 1, #ARGV, 4 do
  answers[#answers + 1] = reset(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
end
return answers
`,
);

/** KEYS :k; ARGV sinceAt. */
export const raiseSinceScript = createScript(
  'raise-since',
  whenFullLua,
  sinceLua,
  `
drop_foreign()
raise_since(ARGV[1])
return 'raised'
`,
);

/** KEYS :k. The run; then all fields, each followed by its value; between spaces. */
export const readMarkScript = createScript(
  'read-mark',
  runLua,
  `
local fields = redis.pcall('HGETALL', KEYS[1])
if fields.err then return run end
table.insert(fields, 1, run)
return table.concat(fields, ' ')
`,
);
