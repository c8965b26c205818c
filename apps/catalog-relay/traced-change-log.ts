import type { Tracing } from '@porchlight/telemetry';
import type { ChangeLog, ChangeRecord } from './change-log.ts';

/**
 * A change log where the trace of a change begins: the record carries it to whoever applies it. One trace for each change, so that none is an accident of
 * the batch that it was read in.
 *
 * @returns `log` itself while tracing is off
 */
export function tracedChangeLog(log: ChangeLog, tracing: Tracing): ChangeLog {
  if (!tracing.isOn) return log;
  const spanOf = ({ topic }: ChangeRecord) =>
    tracing.begin('messaging.create', {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'create',
      'messaging.operation.type': 'create',
      'messaging.destination.name': topic,
    });
  return {
    ...log,
    async publish(records) {
      const spans = records.map(spanOf);
      let failed: unknown;
      try {
        await log.publish(
          records.map((record, at) => {
            const traceparent = spans[at]?.traceparent;
            return traceparent === undefined ? record : { ...record, headers: { traceparent } };
          }),
        );
      } catch (error) {
        failed = error;
        throw error;
      } finally {
        for (const span of spans) span.end(failed);
      }
    },
  };
}
