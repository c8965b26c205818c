import type { StreamLogger } from '@porchlight/stream';
import type { Logger } from '@porchlight/telemetry';

/** The runtime's log lines in the process's log. */
export function streamLoggerOf(log: Logger): StreamLogger {
  return {
    debug: (message, fields = {}) => log.debug(fields, message),
    info: (message, fields = {}) => log.info(fields, message),
    warn: (message, fields = {}) => log.warn(fields, message),
    error: (message, fields = {}) => log.error(fields, message),
  };
}
