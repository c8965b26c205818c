import { createHash } from 'node:crypto';
import type { ScriptRunner } from './redis-budget-store.ts';

/** What the fleet's budget says of itself. Milliseconds are by the clock of Redis. */
export interface BudgetReading {
  /** Calls and homes that were left after the last draw, before what has flowed in since; null: nobody has drawn, or there is no limit. */
  readonly requestsLeft: number | null;
  readonly itemsLeft: number | null;
  readonly drawnMsAgo: number | null;
  /** How long each lane leaves upstream alone; 0: it does not. */
  readonly pauseUserMs: number;
  readonly pauseBackgroundMs: number;
}

const lua = `#!lua flags=no-writes
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local had = redis.call('HMGET', KEYS[1], 'r', 'i', 'at', 'pu', 'pb')
local function whole(n) return string.format('%.0f', n) end
local function left(untilAt) return whole(math.max(0, tonumber(untilAt or 0) - now)) end
return { had[1] or '', had[2] or '', had[3] and whole(now - tonumber(had[3])) or '', left(had[4]), left(had[5]) }
`;

/** KEYS the budget -> r, i, how long ago, what is left of both pauses. Redis refuses it any write. */
const readBudgetScript = { name: 'read-budget', lua, sha: createHash('sha1').update(lua).digest('hex') };

/** A field of the reply; empty: it was not there. */
const numberOf = (field: Buffer | undefined): number | null => {
  const text = field?.toString('latin1') ?? '';
  return text === '' ? null : Number(text);
};

/** Looks at the fleet's budget; draws nothing. @throws what the runner throws: Redis does not answer */
export async function readBudget({ runner, key }: { runner: ScriptRunner; key: string }): Promise<BudgetReading> {
  const [reply] = await runner.run([{ script: readBudgetScript, keys: [key], args: [] }]);
  const [requests, items, at, user, background] = Array.isArray(reply) ? (reply as Buffer[]) : [];
  return {
    requestsLeft: numberOf(requests),
    itemsLeft: numberOf(items),
    drawnMsAgo: numberOf(at),
    pauseUserMs: numberOf(user) ?? 0,
    pauseBackgroundMs: numberOf(background) ?? 0,
  };
}
