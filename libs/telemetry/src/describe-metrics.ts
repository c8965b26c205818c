import { metricNames, type MetricSpec } from './metric-names.ts';
import { prometheusNameOf } from './prometheus-name.ts';

const attributesOf = (spec: MetricSpec): string =>
  [
    ...Object.entries(spec.attributes ?? {}).map(([name, values]) => `\`${name}\`: ${values}`),
    ...Object.entries(spec.optionalAttributes ?? {}).map(([name, values]) => `(\`${name}\`: ${values})`),
  ].join('; ');

/** The list of names as a Markdown table; attributes in brackets may be absent. */
export function describeMetrics(): string {
  const rows = Object.entries<MetricSpec>(metricNames).map(
    ([name, spec]) =>
      `| \`${name}\` | \`${prometheusNameOf(name, spec)}\` | ${spec.kind} | ${spec.description} | ${attributesOf(spec)} |`,
  );
  return ['| name | in Prometheus | kind | what | attributes |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}
