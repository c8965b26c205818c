import type { Compatibility } from '@porchlight/contracts';
import type { SubjectVersion } from './compatibility.ts';

/**
 * What registering schemas asks of the registry.
 *
 * @throws {CliError} REGISTRY_UNREACHABLE from every method
 */
export interface RegistryAdmin {
  globalLevel(): Promise<string>;
  setGlobalLevel(level: Compatibility): Promise<void>;
  /** undefined: the subject has none of its own, or is not there. A registry may answer NONE for "none of its own". */
  levelOf(subject: string): Promise<string | undefined>;
  setLevelOf(subject: string, level: Compatibility): Promise<void>;
  /** Oldest first; empty if the subject is not there. */
  versionsOf(subject: string): Promise<SubjectVersion[]>;
  /** @returns the id of exactly this schema, also reformatted; undefined if the subject does not have it */
  idOf(subject: string, schema: object): Promise<number | undefined>;
  /** @returns the id of the schema, registered now or before @throws {CliError} SCHEMA_INCOMPATIBLE */
  register(subject: string, schema: object, level: Compatibility): Promise<number>;
}
