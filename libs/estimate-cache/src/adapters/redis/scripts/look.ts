import { clockLua } from './prelude.ts';
import { createScript } from './script.ts';

/**
 * KEYS any key of the server that is meant: behind a proxy a key alone says which. What INFO and TIME of the proxy itself
 * say is another thing: its INFO adds the servers up, its TIME is its own, and not in the form of Redis.
 */
export const reportScript = createScript(
  'report',
  `
local wanted = { 'run_id', 'redis_version', 'role', 'maxmemory_policy', 'maxmemory' }
local lines = {}
for line in string.gmatch(redis.call('INFO'), '[^\\r\\n]+') do
  for _, name in ipairs(wanted) do
    if string.sub(line, 1, #name + 1) == name .. ':' then lines[#lines + 1] = line end
  end
end
return table.concat(lines, '\\r\\n')
`,
);

/** KEYS any key of the server that is meant. UTC milliseconds by its clock. */
export const timeScript = createScript('time', clockLua, 'return text(now_ms())\n');
