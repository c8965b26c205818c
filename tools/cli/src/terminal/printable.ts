/** C0, DEL and C1: a terminal would obey them, and whoever wrote a key or a header could so write on an operator's screen. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** @returns foreign text that is safe to print: control characters and those that turn the direction are spelt out */
export const printable = (text: string): string => text.replace(CONTROLS, escaped);

/** @returns at most `charactersMax` of it, safe to print, with how much was left out */
export function printableShort(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return printable(text);
  return `${printable(text.slice(0, charactersMax))}… (${text.length} characters)`;
}

/** @returns JSON of one line that is safe to print */
export const printableJson = (value: unknown): string => JSON.stringify(value).replace(CONTROLS, escaped);
