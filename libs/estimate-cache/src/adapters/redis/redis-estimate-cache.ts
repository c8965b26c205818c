import { PackedEstimate } from '../../cached-estimate.ts';
import { createCacheConfig, type CacheConfig } from '../../cache-config.ts';
import { CacheFault } from '../../errors.ts';
import { checkVersion, fillCommandOf, touchCommandOf, updateCommandOf } from '../../checked-commands.ts';
import { isWholeValue, rejectionOf, type OnRejected } from '../../format.ts';
import { keysOf, valueKeyOf } from '../../keys.ts';
import { overrideCodeOf, statusCodes } from '../../layout.ts';
import { randomNonce } from '../../nonce.ts';
import { mapAnswers } from '../../partial-answers.ts';
import type {
  AcquireAnswer,
  AcquireRequest,
  CachedEstimate,
  EstimateCache,
  FillAnswer,
  InvalidateOutcome,
  LeaseClass,
  TouchOutcome,
  UpdateOutcome,
} from '../../port.ts';
import type { FillCommand } from '../../transitions/fill.ts';
import { drawTtls } from '../../transitions/lifetime.ts';
import { ValuesText } from './read-text.ts';
import type { RedisTransport, ScriptCall, ScriptReply } from './redis-transport.ts';
import { acquireScript } from './scripts/acquire.ts';
import { discardScript } from './scripts/discard.ts';
import { fillScript } from './scripts/fill.ts';
import { forgetScript } from './scripts/forget.ts';
import { invalidateScript } from './scripts/invalidate.ts';
import { recheckScript } from './scripts/recheck.ts';
import { releaseScript } from './scripts/release.ts';
import { removeOlderScript } from './scripts/remove-older.ts';
import type { Script } from './scripts/script.ts';
import { touchScript } from './scripts/touch.ts';
import { updateScript } from './scripts/update.ts';

export interface RedisEstimateCacheOptions {
  readonly transport: RedisTransport;
  readonly config?: Partial<CacheConfig>;
  /** Uniform in [0, 1); cuts TTLs. */
  readonly random?: () => number;
  readonly onRejected?: OnRejected;
}

const textOf = (reply: ScriptReply | undefined): string => {
  if (reply instanceof Buffer) return reply.toString('latin1');
  throw new CacheFault('a script gave another answer than its protocol says');
};

const fieldsOf = (reply: ScriptReply | undefined): readonly Buffer[] => {
  if (Array.isArray(reply)) return reply as readonly Buffer[];
  throw new CacheFault('a script gave another answer than its protocol says');
};

function acquireAnswerOf(
  request: AcquireRequest,
  reply: ScriptReply | undefined,
  onRejected: OnRejected,
): AcquireAnswer {
  const [outcome, epoch = '', acquiredAt, factsFence, foreign] = fieldsOf(reply).map((field) =>
    field.toString('latin1'),
  );
  if (outcome === 'hit') return { outcome };
  if (outcome !== 'win' && outcome !== 'wait') throw new CacheFault(`ACQUIRE answered ${outcome}`);
  for (let keys = Number(foreign); keys > 0; keys -= 1) onRejected('foreign');
  const { nonce, seenSoftExpiryAt = null } = request;
  const ticket = { epoch, nonce, acquiredAt: Number(acquiredAt), seenSoftExpiryAt };
  return { outcome, ticket, factsFence: Number(factsFence) };
}

function fillAnswerOf(propertyId: string, reply: ScriptReply | undefined): FillAnswer {
  const [outcomeBytes, bytes] = fieldsOf(reply);
  const outcome = outcomeBytes?.toString('latin1');
  if (outcome === 'behind' || outcome === 'epoch' || outcome === 'below') return { outcome };
  if ((outcome !== 'ok' && outcome !== 'older') || bytes === undefined || !isWholeValue(bytes)) {
    throw new CacheFault(`FILL answered ${outcome}`);
  }
  return { outcome, stored: new PackedEstimate(propertyId, bytes) };
}

/** In the place of the estimate's version, for the script. */
const FACTS_ONLY = '?';

const fillArgsOf = (command: FillCommand, config: CacheConfig): ScriptCall['args'] => {
  const { ticket, facts, ttls } = command;
  return [
    command.class,
    ticket.epoch,
    ticket.nonce,
    ticket.acquiredAt,
    facts.visibilityVersion,
    statusCodes[facts.status],
    facts.mlsId ?? '',
    overrideCodeOf(facts.overrideLevel),
    facts.checkedAt,
    command.isFactsOnly ? FACTS_ONLY : (command.estimateVersion ?? ''),
    command.estimateJson ?? '',
    ttls.activeMs,
    ttls.offMarketMs,
    ttls.noneMs,
    config.softPercent,
  ];
};

/** Builds calls on the keys of a home. */
const callsOf = (config: CacheConfig) => {
  const both = (script: Script, propertyId: string, args: ScriptCall['args']): ScriptCall => {
    const { value, flight } = keysOf(propertyId, config.keyGeneration);
    return { script, keys: [value, flight], args };
  };
  const valueOnly = (script: Script, propertyId: string, args: ScriptCall['args']): ScriptCall => ({
    script,
    keys: [valueKeyOf(propertyId, config.keyGeneration)],
    args,
  });
  const flightOnly = (script: Script, propertyId: string, args: ScriptCall['args']): ScriptCall => ({
    script,
    keys: [keysOf(propertyId, config.keyGeneration).flight],
    args,
  });
  return { both, valueOnly, flightOnly };
};

interface Unreadable {
  readonly propertyId: string;
  readonly bytes: Buffer;
}

/** What was found, and what of it nobody can read. It runs for each hit, so nothing is built but the answer. */
function sortFound(propertyIds: readonly string[], found: readonly (Buffer | null)[]) {
  const values = new Array<CachedEstimate | null>(propertyIds.length);
  let unreadable: Unreadable[] | null = null;
  for (let i = 0; i < propertyIds.length; i += 1) {
    const propertyId = propertyIds[i] as string;
    const bytes = found[i] ?? null;
    const isReadable = bytes !== null && isWholeValue(bytes);
    values[i] = isReadable ? new PackedEstimate(propertyId, bytes) : null;
    if (bytes !== null && !isReadable) (unreadable ??= []).push({ propertyId, bytes });
  }
  return { values, unreadable };
}

const readingMethods = (transport: RedisTransport, config: CacheConfig, onRejected: OnRejected) => {
  const calls = callsOf(config);

  const text = new ValuesText(config.keyGeneration);

  /** Nobody waits for its success: what stays is found again by the next reader. */
  const discard = (unreadable: readonly Unreadable[]) =>
    transport
      .run(unreadable.map(({ propertyId, bytes }) => calls.valueOnly(discardScript, propertyId, [bytes])))
      .catch(() => undefined);

  const methods: Pick<EstimateCache, 'read' | 'recheck'> = {
    // No promise but the transport's: another would cost a single hit some hundredths.
    read(propertyIds) {
      const take = (found: readonly (Buffer | null)[]) => {
        const { values, unreadable } = sortFound(propertyIds, found);
        if (unreadable === null) return values;
        for (const { bytes } of unreadable) onRejected(rejectionOf(bytes));
        return discard(unreadable).then(() => values);
      };
      try {
        return transport.getValues(propertyIds, text, take);
      } catch (error) {
        return Promise.reject(error instanceof Error ? error : new CacheFault(String(error))); // an id that is none
      }
    },
    async recheck(requests) {
      const replies = transport.run(
        requests.map(({ propertyId, ticket, visibilityVersion }) => {
          const { epoch, nonce, acquiredAt, seenSoftExpiryAt } = ticket;
          const args = [epoch, nonce, acquiredAt, seenSoftExpiryAt ?? '', visibilityVersion];
          return calls.both(recheckScript, propertyId, args);
        }),
      );
      return await mapAnswers(requests, replies, (_, reply) => textOf(reply) === 'yes');
    },
  };
  return methods;
};

const fetchingMethods = (
  transport: RedisTransport,
  config: CacheConfig,
  { random, onRejected }: { random: () => number; onRejected: OnRejected },
) => {
  const calls = callsOf(config);
  const acquireCallOf = ({ propertyId, nonce, seenSoftExpiryAt }: AcquireRequest, leaseClass: LeaseClass) => {
    const { leaseSyncMs, leaseWarmMs, keepMs } = config;
    const args = [leaseClass, nonce, randomNonce(), seenSoftExpiryAt ?? '', leaseSyncMs, leaseWarmMs, keepMs];
    return calls.both(acquireScript, propertyId, args);
  };
  const methods: Pick<EstimateCache, 'acquire' | 'fill' | 'release' | 'forget'> = {
    async acquire(requests, leaseClass) {
      const replies = transport.run(requests.map((request) => acquireCallOf(request, leaseClass)));
      return await mapAnswers(requests, replies, (request, reply) => acquireAnswerOf(request, reply, onRejected));
    },
    async fill(requests) {
      const replies = transport.run(
        requests.map((request) => {
          const command = fillCommandOf(request, drawTtls(config, random()), config);
          return calls.both(fillScript, request.propertyId, fillArgsOf(command, config));
        }),
      );
      return await mapAnswers(requests, replies, ({ propertyId }, reply) => fillAnswerOf(propertyId, reply));
    },
    async release(leases) {
      await transport.run(
        leases.map(({ propertyId, nonce, backOff }) =>
          calls.flightOnly(releaseScript, propertyId, [nonce, backOff ? 1 : 0, config.retryMs]),
        ),
      );
    },
    async forget(flights) {
      await transport.run(flights.map(({ propertyId, epoch }) => calls.flightOnly(forgetScript, propertyId, [epoch])));
    },
  };
  return methods;
};

const changingMethods = (transport: RedisTransport, config: CacheConfig) => {
  const calls = callsOf(config);
  const methods: Pick<EstimateCache, 'invalidate' | 'update' | 'touch'> = {
    async invalidate(changes) {
      const replies = transport.run(
        changes.map(({ propertyId, visibilityVersion }) => {
          const version = checkVersion(propertyId, visibilityVersion);
          const call = calls.both(invalidateScript, propertyId, [version, randomNonce(), config.keepMs]);
          // A slot that stays half-moved must not keep the value servable while the script waits.
          return { ...call, whileSplit: calls.valueOnly(removeOlderScript, propertyId, [version]) };
        }),
      );
      return await mapAnswers(changes, replies, (_, reply) => textOf(reply) as InvalidateOutcome);
    },
    async update(changes) {
      const replies = transport.run(
        changes.map((change) => {
          const { estimateVersion, estimateJson } = updateCommandOf(change, config);
          return calls.both(updateScript, change.propertyId, [estimateVersion, estimateJson ?? '', config.keepMs]);
        }),
      );
      return await mapAnswers(changes, replies, (_, reply) => textOf(reply) as UpdateOutcome);
    },
    async touch(checks) {
      const replies = transport.run(
        checks.map((check) => {
          const { visibilityVersion, checkedAt } = touchCommandOf(check);
          return calls.valueOnly(touchScript, check.propertyId, [visibilityVersion, checkedAt]);
        }),
      );
      return await mapAnswers(checks, replies, (_, reply) => textOf(reply) as TouchOutcome);
    },
  };
  return methods;
};

/** The cache on Redis: a hit is one MGET and no script; everything that changes a home is one script on that home. */
export function redisEstimateCache(options: RedisEstimateCacheOptions): EstimateCache {
  const { transport, random = Math.random, onRejected = () => {} } = options;
  const config = createCacheConfig(options.config);
  return {
    ...readingMethods(transport, config, onRejected),
    ...fetchingMethods(transport, config, { random, onRejected }),
    ...changingMethods(transport, config),
  };
}
