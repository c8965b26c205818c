import { codeOf, fateOf } from './fate.ts';

/** Where a record met its error: its bytes, the task, or the log that takes its outputs. */
export type Stage = 'decode' | 'process' | 'produce';

/**
 * What becomes of a record that met an error.
 * `retry`: tried again for ever, backed off and jittered, while its partition is paused and heartbeats go on.
 * `park`: dead letters, and on. `drop`: counted under the error's code, and on. `crash`: the process stops, the offset uncommitted.
 */
export type ErrorEnd = 'retry' | 'park' | 'drop' | 'crash';

/** One end, or so many tries in all (1 or more) and then another. */
export type ErrorRule = ErrorEnd | { readonly triesMax: number; readonly then: Exclude<ErrorEnd, 'retry'> };

export interface StagePolicy {
  /** By the error's code; goes before the fate that the error asks for. */
  readonly byCode: Readonly<Record<string, ErrorRule>>;
  /** An error that says no fate. */
  readonly unplanned: ErrorRule;
}

/** The policy of a definition, stage by stage; what is left out is `defaultErrorPolicy`. */
export type ErrorPolicy = { readonly [S in Stage]?: Partial<StagePolicy> };

/**
 * Bytes that no code foresaw are the sender's mistake, and must not stop everybody behind them. A task that throws what it did not mean to is a bug,
 * and so is an output that the log refuses: both stop the process.
 */
export const defaultErrorPolicy = {
  decode: { byCode: {}, unplanned: 'park' },
  process: { byCode: {}, unplanned: 'crash' },
  produce: { byCode: {}, unplanned: 'crash' },
} as const satisfies { readonly [S in Stage]: StagePolicy };

/** @returns true where the policy declares what becomes of this code in this stage */
export const hasRule = (policy: ErrorPolicy, stage: Stage, code: string): boolean =>
  Object.hasOwn(policy[stage]?.byCode ?? {}, code);

/** @returns true for an error that says what becomes of its record */
export const saysFate = (error: unknown): boolean => typeof error === 'object' && error !== null && 'fate' in error;

/**
 * The one place that decides what becomes of a record after a failed try.
 *
 * A dependency that is down says fate `retry` and is waited for, for ever: it never parks, unless its code is declared in `byCode`.
 *
 * @param attempt  tries that have failed, 1 or more
 */
export function endOf(
  policy: ErrorPolicy,
  { stage, error, attempt }: { readonly stage: Stage; readonly error: unknown; readonly attempt: number },
): ErrorEnd {
  const { byCode = {}, unplanned = defaultErrorPolicy[stage].unplanned } = policy[stage] ?? {};
  const code = codeOf(error, '');
  // Declared for this code: the definition knows more than the error does.
  const rule = hasRule(policy, stage, code) ? byCode[code] : undefined;
  if (rule !== undefined) return apply(rule, attempt);
  // It says itself whether waiting will mend it.
  if (saysFate(error)) return fateOf(error);
  return apply(unplanned, attempt);
}

function apply(rule: ErrorRule, attempt: number): ErrorEnd {
  if (typeof rule === 'string') return rule;
  return attempt < rule.triesMax ? 'retry' : rule.then;
}

/** @returns what is wrong with a policy, one sentence each */
export function policyProblems(policy: ErrorPolicy): string[] {
  return Object.entries(policy).flatMap(([stage, { byCode = {}, unplanned = 'crash' }]) =>
    [...Object.entries(byCode), ['unplanned', unplanned] as const]
      .filter(([, rule]) => typeof rule === 'object' && !(Number.isInteger(rule.triesMax) && rule.triesMax >= 1))
      .map(([code]) => `errors.${stage}: triesMax of ${code} is not a positive integer`),
  );
}
