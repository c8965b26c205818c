import { destination as pinoDestination, pino, stdTimeFunctions } from 'pino';
import { describeError } from './describe-error.ts';
import { redact, redactText } from './redact.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Where an app says what happened: one JSON object a line. Libraries take this shape without importing it.
 * An error goes under the key `error`; secrets, session ids and hidden values are replaced wherever they stand.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Takes finished lines, each with its line end. */
export interface LogDestination {
  write(line: string): void;
}

const STANDARD_OUTPUT = 1;

export interface LoggerOptions {
  readonly app: string;
  readonly logLevel: LogLevel;
  readonly destination?: LogDestination;
  /** The span that a line is written under, if its trace is recorded: the line then names both. */
  readonly currentSpan?: () => { readonly traceId: string; readonly spanId: string } | undefined;
}

/** As OpenTelemetry spells them in logs that are not its own. */
const traceFieldsOf = (span: ReturnType<NonNullable<LoggerOptions['currentSpan']>>): object =>
  span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };

/** A logger that names its app. Lines are written at once, so that the last one before a crash is there. */
export function createLogger(options: LoggerOptions): Logger {
  const { currentSpan } = options;
  const log = pino(
    {
      level: options.logLevel,
      base: { app: options.app },
      timestamp: stdTimeFunctions.isoTime,
      // `error` fields are described by the formatter, as errors at any other depth are.
      errorKey: 'error',
      ...(currentSpan === undefined ? {} : { mixin: () => traceFieldsOf(currentSpan()) }),
      serializers: { error: (described: unknown) => described },
      formatters: {
        level: (level) => ({ level }),
        log: (fields) => redact(fields, describeError) as Record<string, unknown>,
      },
    },
    options.destination ?? pinoDestination({ dest: STANDARD_OUTPUT, sync: true }),
  );
  return {
    debug: (fields, message) => log.debug(fields, redactText(message)),
    info: (fields, message) => log.info(fields, redactText(message)),
    warn: (fields, message) => log.warn(fields, redactText(message)),
    error: (fields, message) => log.error(fields, redactText(message)),
  };
}
