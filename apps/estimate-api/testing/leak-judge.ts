import type { Estimate } from '@porchlight/contracts';

/** An estimate whose numbers cannot stand anywhere by chance: 15 digits each. */
export type Canary = Pick<Estimate, 'valueUsd' | 'lowUsd' | 'highUsd' | 'computedAt'>;

/** So many digits in a row are no accident, among all the digits of ids and instants of a test run. */
const WINDOW = 11;

const windowsOf = (text: string, width: number): string[] =>
  Array.from({ length: Math.max(0, text.length - width + 1) }, (_, at) => text.slice(at, at + width));

const bigEndian = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes.subarray(1); // 7 bytes hold every whole number
};

/** The forms in which one number may turn up: its digits, the same as a list of bytes or in hexadecimal, its value in hexadecimal and as bytes. */
function formsOf(value: number): string[] {
  const ascii = windowsOf(String(value), WINDOW).map((digits) => Buffer.from(digits));
  return [
    ...ascii.map((bytes) => bytes.toString('latin1')),
    ...ascii.map((bytes) => [...bytes].join(',')),
    ...ascii.map((bytes) => bytes.toString('hex')),
    value.toString(16),
    bigEndian(value).toString('latin1'),
  ];
}

/** Base64 of text that is somewhere in a longer one: what is certain of it at each of the three places where it may begin. */
const inBase64 = (text: string): string[] =>
  [0, 1, 2].map((shift) => {
    const coded = Buffer.from(' '.repeat(shift) + text).toString('base64');
    return coded.slice(Math.ceil((shift * 4) / 3) + 1, coded.length - 4);
  });

/** As they stand, without what may separate digits, and without spaces. */
const readingsOf = (text: string): string[] => {
  const small = text.toLowerCase();
  return [text, small.replace(/(?<=\d)[,._'\u00a0 ](?=\d)/g, ''), small.replace(/\s/g, '')];
};

/**
 * Looks for any part of an estimate in what somebody is told, in whatever form.
 *
 * @param said text, or bytes as latin1
 * @returns    what was found; null: nothing
 */
export function findLeak(said: string, canary: Canary): string | null {
  const readings = readingsOf(said);
  for (const [field, value] of Object.entries(canary)) {
    const forms = [...formsOf(value), ...inBase64(String(value))];
    const found = forms.find((form) => readings.some((reading) => reading.includes(form)));
    if (found !== undefined) return `${field} as ${JSON.stringify(found)}`;
  }
  return null;
}

/** The names of an estimate's fields: an answer without one has none of them, whatever their values. */
export const findFields = (said: string): string | null =>
  /"?(estimate|valueUsd|lowUsd|highUsd|computedAt)"\s*:/.exec(said)?.[0] ?? null;
