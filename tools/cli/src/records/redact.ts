import { isChangelog, topics } from '@porchlight/contracts';

/** Fields that hold what a rule may hide: the figures of an estimate. */
export const hiddenFields: readonly string[] = ['valueUsd', 'lowUsd', 'highUsd'];

/** Fields that name a viewer or a session. They are never shown: no operator's question needs them. */
export const personalFields: readonly string[] = ['sessionKey'];

/** Topics whose key names a session. A changelog's key is whatever its app keeps state by: the forecaster's is the session. */
const PERSONAL_KEYS: readonly string[] = [topics.viewportViewed.name];

const isPersonal = (topic: string): boolean => PERSONAL_KEYS.includes(topic) || isChangelog(topic);

export const HIDDEN = '(hidden)';
const PERSONAL = '(redacted)';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Buffer.isBuffer(value);

/**
 * @param value a decoded record
 * @param options.reveal show hidden figures; viewers and sessions stay redacted
 * @returns the same with what may not be shown replaced, at any depth; null stays null: that there is none is not hidden
 */
export function redact(value: unknown, { reveal = false }: { reveal?: boolean } = {}): unknown {
  if (Array.isArray(value)) return value.map((item) => redact(item, { reveal }));
  if (Buffer.isBuffer(value)) return `(${value.length} bytes)`;
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      if (field === null) return [name, null];
      if (personalFields.includes(name)) return [name, PERSONAL];
      if (hiddenFields.includes(name) && !reveal) return [name, HIDDEN];
      return [name, redact(field, { reveal })];
    }),
  );
}

/** @param topic the topic that the record is of; of a dead letter, the original one @returns the key as text */
export function keyText(topic: string | undefined, key: Buffer | null): string | null {
  if (key === null) return null;
  return topic === undefined || isPersonal(topic) ? PERSONAL : key.toString('utf8');
}
