import { PackedEstimate } from '../../cached-estimate.ts';
import { CacheFault } from '../../errors.ts';
import { isWholeValue, rejectionOf } from '../../format.ts';
import type { HomeInspection, HomeInspector } from '../../home-inspection.ts';
import type { Flight, Lease } from '../../home-state.ts';
import { keysOf } from '../../keys.ts';
import { partialAnswers } from '../../partial-answers.ts';
import type { RedisTransport, ScriptReply } from './redis-transport.ts';
import { inspectScript } from './scripts/inspect.ts';

export interface RedisHomeInspectorOptions {
  /** `EstimateCacheConnection.scripts`. */
  readonly scripts: Pick<RedisTransport, 'run'>;
  readonly keyGeneration: string;
}

const leaseOf = (nonce: string, endsAt: string, leaseClass: string): Lease | null =>
  nonce === '' ? null : { nonce, endsAt: Number(endsAt), class: leaseClass === 's' ? 's' : 'w' };

function flightOf(expiresAt: string, fields: readonly string[]): Flight | null {
  const [epoch = '', factsFence = '', estimateFence = '', roseAt = '', nonce = '', endsAt = '', leaseClass = ''] =
    fields;
  if (epoch === '') return null;
  return {
    epoch,
    factsFence: Number(factsFence),
    estimateFence: Number(estimateFence),
    estimateFenceRoseAt: Number(roseAt),
    lease: leaseOf(nonce, endsAt, leaseClass),
    expiresAt: Number(expiresAt),
  };
}

function inspectionOf(propertyId: string, reply: ScriptReply): HomeInspection {
  if (!Array.isArray(reply)) throw new CacheFault('a script gave another answer than its protocol says');
  const [now, bytes, wrong, expiresAt, ...flight] = reply as readonly Buffer[];
  if (now === undefined || bytes === undefined) throw new CacheFault('INSPECT answered nothing');
  const texts = flight.map((field) => field.toString('latin1'));
  const isThere = bytes.length > 0;
  const isReadable = isThere && isWholeValue(bytes);
  const foreign = wrong?.toString('latin1') === 'foreign' ? ('foreign' as const) : null;
  return {
    propertyId,
    value: isReadable ? new PackedEstimate(propertyId, bytes) : null,
    rejected: isThere && !isReadable ? rejectionOf(bytes) : foreign,
    valueBytes: bytes.length,
    flight: flightOf(expiresAt?.toString('latin1') ?? '', texts),
    cacheNow: Number(now.toString('latin1')),
  };
}

/** Looks at homes on Redis, on every topology, by a script that Redis itself keeps from writing. */
export function redisHomeInspector({ scripts, keyGeneration }: RedisHomeInspectorOptions): HomeInspector {
  return {
    async inspect(propertyIds) {
      const calls = propertyIds.map((propertyId) => {
        const { value, flight } = keysOf(propertyId, keyGeneration);
        return { script: inspectScript, keys: [value, flight], args: [] };
      });
      const replies = calls.length === 0 ? [] : await partialAnswers(scripts.run(calls));
      return propertyIds.map((propertyId, at) => {
        const reply = replies[at] ?? null;
        return reply === null ? null : inspectionOf(propertyId, reply);
      });
    },
  };
}
