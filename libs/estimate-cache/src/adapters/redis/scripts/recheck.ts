import { clockLua, flightLua, ticketLua, valueLua } from './prelude.ts';
import { createScript } from './script.ts';

/** KEYS :v :m; ARGV epoch, nonce, acquiredAt, seenSoftExpiryAt or '', version. Writes nothing. */
export const recheckScript = createScript(
  'recheck',
  clockLua,
  valueLua,
  flightLua,
  ticketLua,
  `
local epoch, nonce, acquiredAt, seen, version = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local flight = read_flight()
if not is_ticket_good(flight, epoch, acquiredAt, now_ms()) then return 'no' end
if tonumber(version) < flight.factsFence or flight.nonce ~= nonce then return 'no' end
local value = full(read_value())
if value and value.softExpiryAt ~= tonumber(seen) then return 'no' end
return 'yes'
`,
);
