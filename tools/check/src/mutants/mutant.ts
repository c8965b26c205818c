/** A line that keeps a promise, taken out: the tests named beside it must notice. */
export interface Mutant {
  /** What the line guards, as a reader of the promises would say it. */
  readonly guards: string;
  /** The file that is changed, from the library's folder. */
  readonly file: string;
  /** The text that is replaced; it must be in the file exactly once. */
  readonly take: string;
  /** What stands there instead. */
  readonly put: string;
  /** Test files that must fail, from the library's folder. */
  readonly killedBy: readonly string[];
}

/** A list that does not fit the code any more is as bad as a mutant that survives. */
export class MutantError extends Error {
  readonly code = 'MUTANT_DOES_NOT_APPLY';
}

/**
 * @param source  the file as it is
 * @returns       the file as the mutant has it
 * @throws {MutantError} when the text is not there, or more than once
 */
export function mutate(source: string, { file, take, put }: Pick<Mutant, 'file' | 'take' | 'put'>): string {
  const parts = source.split(take);
  if (parts.length === 2) return parts.join(put);
  const times = parts.length - 1;
  throw new MutantError(`${file} has ${times === 0 ? 'no longer' : `${times} times`} the text: ${take}`);
}
