import type { RedisTransport, ScriptCall } from '../../adapters/redis/redis-transport.ts';
import { createScript, type Script } from '../../adapters/redis/scripts/script.ts';

/** A guard that is taken out of one script: histories that pass with it prove nothing about it. */
export interface PlantedFault {
  readonly name: string;
  readonly script: string;
  /** Stands in the script exactly once. */
  readonly text: string;
  readonly instead: string;
}

const TICKET = "if not is_ticket_good(flight, epoch, filled.acquiredAt, now) then return { 'epoch' } end";

/** Every guard of the scripts whose loss shows from outside, one home and no failover. */
export const plantedFaults: readonly PlantedFault[] = [
  {
    name: 'a flight that was forgotten may be filled',
    script: 'fill',
    text: TICKET,
    instead: `flight = flight or { epoch = epoch, factsFence = 0, estimateFence = 0, estimateFenceRoseAt = 0 }\n${TICKET}`,
  },
  {
    name: 'a ticket of any epoch fills',
    script: 'fill',
    text: 'if not flight or flight.epoch ~= epoch then return false end',
    instead: 'if not flight then return false end',
  },
  {
    name: 'facts below the fence are stored',
    script: 'fill',
    text: "if filled.version < flight.factsFence then return { 'behind' } end",
    instead: '',
  },
  {
    name: 'ALREADY raises no fence',
    script: 'invalidate',
    text: "    raise_facts_fence(flight, version)\n    redis.call('PEXPIRE'",
    instead: "    redis.call('PEXPIRE'",
  },
  {
    name: 'an estimate below the fence is stored',
    script: 'fill',
    text: 'return filled.estimateVersion < flight.estimateFence',
    instead: 'return false',
  },
  {
    name: 'a none from before the fence rose is stored',
    script: 'fill',
    text: 'return filled.acquiredAt <= flight.estimateFenceRoseAt',
    instead: 'return false',
  },
  {
    name: 'the facts of the last fill win',
    script: 'fill',
    text: 'return filled.version > stored.version',
    instead: 'return true',
  },
  {
    name: 'the estimate of the last fill wins',
    script: 'fill',
    text: 'if version and than and version ~= than then return version > than end',
    instead: 'if version and than and version ~= than then return true end',
  },
  {
    name: 'an unchanged estimate is not renewed',
    script: 'fill',
    text: 'return filled.acquiredAt > stored.acquiredAt',
    instead: 'return false',
  },
  {
    name: 'unchanged facts are not renewed',
    script: 'fill',
    text: 'return filled.checkedAt > stored.checkedAt',
    instead: 'return false',
  },
  {
    name: 'a none that confirms a withdrawal loses its version',
    script: 'fill',
    text: '  estimateVersion = stored.estimateVersion\n',
    instead: '',
  },
  {
    name: 'facts alone replace an estimate, and no estimate replaces them',
    script: 'fill',
    text: 'if filled.isFactsOnly ~= stored.isFactsOnly then return stored.isFactsOnly end',
    instead: 'if filled.isFactsOnly ~= stored.isFactsOnly then return filled.isFactsOnly end',
  },
  {
    name: 'facts alone are a hit',
    script: 'acquire',
    text: 'value = full(value)\n',
    instead: '',
  },
  {
    name: 'a lease holds nobody back',
    script: 'acquire',
    text: 'if not flight.nonce then return false end',
    instead: 'if true then return false end',
  },
  {
    name: 'a user waits behind a warm-up',
    script: 'acquire',
    text: " or (class == 's' and flight.leaseClass == 'w')",
    instead: '',
  },
  {
    name: 'a redelivered record waits for itself',
    script: 'acquire',
    text: ' or flight.nonce == nonce',
    instead: '',
  },
  {
    name: 'a replay removes what is new enough',
    script: 'invalidate',
    text: 'if value and value.version >= tonumber(version) then',
    instead: 'if value and value.version > tonumber(version) then',
  },
  {
    name: 'an update leaves no fence',
    script: 'update',
    text: "    redis.call('HSET', KEYS[2], 'fe', version, 'ft', text(now_ms()))\n",
    instead: '',
  },
  {
    name: 'an update goes back',
    script: 'update',
    text: "if than and than >= tonumber(version) then return 'older' end",
    instead: '',
  },
];

/** @throws if the text is not there exactly once: the fault would plant nothing, or something else */
export function plantIn(script: Script, { name, text, instead }: PlantedFault): Script {
  const [before, after, ...more] = script.lua.split(text);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`"${name}": its text does not stand in ${script.name} exactly once`);
  }
  return createScript(script.name, before, instead, after);
}

/** A transport that runs one script with the fault in it. */
export function plantedTransport(inner: RedisTransport, fault: PlantedFault): RedisTransport {
  const planted = new Map<Script, Script>();
  const plant = (call: ScriptCall): ScriptCall => {
    if (call.script.name !== fault.script) return call;
    const script = planted.get(call.script) ?? plantIn(call.script, fault);
    planted.set(call.script, script);
    return { ...call, script };
  };
  return { ...inner, run: (calls) => inner.run(calls.map(plant)) };
}
