import type { MetricKind } from './metric-names.ts';

const UNIT_SUFFIXES: Readonly<Record<string, string>> = { s: 'seconds', ms: 'milliseconds', By: 'bytes' };

/**
 * A metric as Prometheus spells it (otlptranslator's UnderscoreEscapingWithSuffixes): dots become underscores,
 * then the unit, then `_total` for a counter. `{noun}` units are left out, and `1` is `ratio` for a gauge.
 */
export function prometheusNameOf(name: string, metric: { kind: MetricKind; unit: string }): string {
  const base = name.replace(/[^a-zA-Z0-9_]+/g, '_');
  const unit = metric.unit === '1' && metric.kind === 'gauge' ? 'ratio' : UNIT_SUFFIXES[metric.unit];
  const withUnit = unit === undefined || base.endsWith(`_${unit}`) ? base : `${base}_${unit}`;
  return metric.kind === 'counter' ? `${withUnit}_total` : withUnit;
}
