import { loadTracing, type StartTracing } from '@porchlight/telemetry';
import type { Config, ConfigSchema } from './config.ts';
import type { tracingConfig } from './config-fragments.ts';

/** @param pairs  as OTEL_EXPORTER_OTLP_HEADERS */
const headersOf = (pairs: string | undefined): Record<string, string> =>
  Object.fromEntries(
    (pairs?.split(',') ?? []).map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))];
    }),
  );

/** @returns how this process traces; undefined, and at once, where it does not */
export function tracingOf(values: Config<ConfigSchema<typeof tracingConfig>>): Promise<StartTracing> | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: sampleRatio } = values;
  if (endpoint === undefined) return undefined;
  return loadTracing({ endpoint, sampleRatio, headers: headersOf(values.OTEL_EXPORTER_OTLP_HEADERS) });
}
