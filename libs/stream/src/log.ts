/** Where the runtime says what it does. Fields are plain values; keys, values and ids of people are never among them. */
export interface StreamLogger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

const nothing = (): void => undefined;

/** Says nothing; for tests. */
export const silentLogger: StreamLogger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
