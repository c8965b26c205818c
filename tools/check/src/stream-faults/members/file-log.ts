import { appendFileSync } from 'node:fs';
import type { StreamLogger } from '@porchlight/stream';

/** A log in a file, one JSON object a line; synchronous, so that a process that is killed has said what it did. */
export function createFileLog(file: string): StreamLogger {
  const write =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}): void =>
      appendFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), level, message, ...fields })}\n`);
  return { debug: () => undefined, info: write('info'), warn: write('warn'), error: write('error') };
}
