import {
  FlagNotFoundError,
  InvalidContextError,
  StandardResolutionReasons,
  TargetingKeyMissingError,
  TypeMismatchError,
  type EvaluationContext,
  type FlagValue,
  type ResolutionDetails,
} from '@openfeature/core';
import { OpenFeatureEventEmitter, ProviderEvents, type Provider } from '@openfeature/server-sdk';
import { flagList, isFlagName, isSwitch, specOf, type FlagName } from './flags.ts';
import type { Rollout } from './rollout.ts';

/** A switch is a boolean to OpenFeature, any other flag a string; variants are cohorts. */
type Kind = 'boolean' | 'string';
const kindOf = (flag: FlagName): Kind => (isSwitch(flag) ? 'boolean' : 'string');

/** @throws {OpenFeatureError} FLAG_NOT_FOUND, TYPE_MISMATCH, INVALID_CONTEXT, TARGETING_KEY_MISSING */
function resolve(
  rollout: Pick<Rollout, 'now'>,
  { flag, kind }: { flag: string; kind: string },
  { targetingKey }: EvaluationContext,
): ResolutionDetails<FlagValue> {
  if (!isFlagName(flag)) throw new FlagNotFoundError(`there is no flag ${flag}`);
  if (kindOf(flag) !== kind) throw new TypeMismatchError(`${flag} is a ${kindOf(flag)}, not a ${kind}`);
  const flags = rollout.now();
  const isSplit = flags.isSplit(flag);
  if (targetingKey !== undefined && typeof targetingKey !== 'string') {
    throw new InvalidContextError('targetingKey is not a text');
  }
  // Where one cohort has everybody, nobody has to say who it is.
  if (isSplit && (targetingKey === undefined || targetingKey === '')) {
    throw new TargetingKeyMissingError(`${flag} is split by ${specOf(flag).unit}: targetingKey is missing`);
  }
  const cohort = flags.cohortOf(flag, targetingKey ?? '');
  return {
    value: kind === 'boolean' ? cohort === flagList[flag].cohorts[0] : cohort,
    variant: cohort,
    reason: reasonOf(isSplit, flags.hasRule(flag)),
    flagMetadata: { version: flags.document.version, unit: specOf(flag).unit },
  };
}

function reasonOf(isSplit: boolean, hasRule: boolean): string {
  if (isSplit) return StandardResolutionReasons.SPLIT;
  return hasRule ? StandardResolutionReasons.STATIC : StandardResolutionReasons.DEFAULT;
}

/**
 * The flags of a process as an OpenFeature provider: `setProviderAndWait` starts them, `close` of the API stops them.
 *
 * The targeting key is the session key or the propertyId, by the flag's unit. `flagMetadata.version` is the document's.
 * Events: CONFIGURATION_CHANGED with the flags whose rules are others; STALE while the store does not answer (the last good
 * flags are in force, and evaluated), READY when it does again.
 */
export function openFeatureProvider(rollout: Rollout): Provider {
  const events = new OpenFeatureEventEmitter();
  let stopTelling: () => void = () => undefined;
  const resolveAs =
    <T extends FlagValue>(kind: string) =>
    async (flag: string, _usual: T, context: EvaluationContext): Promise<ResolutionDetails<T>> =>
      resolve(rollout, { flag, kind }, context) as ResolutionDetails<T>; // of that kind: resolve has refused any other
  return {
    metadata: { name: 'porchlight' },
    runsOn: 'server',
    events,
    async initialize() {
      stopTelling = rollout.onEvent((event) => {
        if (event.kind === 'lost') events.emit(ProviderEvents.Stale);
        else if (event.kind === 'found') events.emit(ProviderEvents.Ready);
        else events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged: [...event.flags] });
      });
      await rollout.start();
    },
    async onClose() {
      stopTelling();
      rollout.stop();
    },
    resolveBooleanEvaluation: resolveAs<boolean>('boolean'),
    resolveStringEvaluation: resolveAs<string>('string'),
    resolveNumberEvaluation: resolveAs<number>('number'),
    resolveObjectEvaluation: (flag, usual, context) => resolveAs<typeof usual>('object')(flag, usual, context),
  };
}
