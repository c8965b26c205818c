import { metricNames, prometheusNameOf, type AttributesOf, type MetricName, type NamesOf } from '@porchlight/telemetry';

/**
 * PromQL over the list of exported metrics: a metric or a label that no app exports does not type-check, and neither does
 * a bound that is none of a histogram's.
 */

/** How a label is compared; a plain text means: equal. */
export type Matcher =
  string | { readonly in: readonly string[] } | { readonly notIn: readonly string[] } | { readonly pattern: string };

/** From the scrape: `job` is the name of the app (deploy/README.md), `instance` the process. */
type Scraped = 'job' | 'instance';
export type Where<N extends MetricName> = { readonly [L in keyof AttributesOf<N> | Scraped]?: Matcher };

/** Each app's `job` in Prometheus. */
export const jobs = [
  'estimate-api',
  'forecaster',
  'request-filter',
  'data-fetcher',
  'data-writer',
  'invalidator',
  'catalog-relay',
] as const;
export type Job = (typeof jobs)[number];
export const everyJob: Matcher = { in: jobs };

/** Grafana's own: at least four scrapes, so that a rate always has two samples. */
export const SHOWN = '$__rate_interval';

const labelOf = (attribute: string): string => attribute.replace(/[^a-zA-Z0-9_]+/g, '_');
const anyOf = (values: readonly string[]): string =>
  values.map((value) => value.replace(/[.\\]/g, (sign) => `\\\\${sign}`)).join('|');

function matcherText(attribute: string, matcher: Matcher): string {
  const label = labelOf(attribute);
  if (typeof matcher === 'string') return `${label}="${matcher}"`;
  if ('pattern' in matcher) return `${label}=~"${matcher.pattern}"`;
  return 'in' in matcher ? `${label}=~"${anyOf(matcher.in)}"` : `${label}!~"${anyOf(matcher.notIn)}"`;
}

function selector(
  name: string,
  where: Readonly<Record<string, Matcher | undefined>>,
  more: readonly string[] = [],
): string {
  const matchers = Object.entries(where).flatMap(([label, matcher]) =>
    matcher === undefined ? [] : [matcherText(label, matcher)],
  );
  const all = [...matchers, ...more];
  return all.length === 0 ? name : `${name}{${all.join(', ')}}`;
}

/** The series of a metric, as Prometheus spells it. */
export const series = <N extends NamesOf<'counter' | 'gauge'>>(name: N, where: Where<N> = {}): string =>
  selector(prometheusNameOf(name, metricNames[name]), where);

/** One part of a histogram. */
const part = <N extends NamesOf<'histogram'>>(
  name: N,
  suffix: 'bucket' | 'count' | 'sum',
  where: Where<N>,
  more?: readonly string[],
): string => selector(`${prometheusNameOf(name, metricNames[name])}_${suffix}`, where, more);

/** How many a second, of a counter. */
export const perSecond = <N extends NamesOf<'counter'>>(name: N, where: Where<N> = {}, window = SHOWN): string =>
  `rate(${series(name, where)}[${window}])`;

/** How many a second a histogram was told of. */
export const observedPerSecond = <N extends NamesOf<'histogram'>>(
  name: N,
  where: Where<N> = {},
  window = SHOWN,
): string => `rate(${part(name, 'count', where)}[${window}])`;

/** The attributes of a metric as Prometheus' labels. */
type By<N extends MetricName> = readonly (Extract<keyof AttributesOf<N>, string> | Scraped)[];

/** A sum kept apart by these attributes. */
export const sumBy = (labels: readonly string[], of: string): string =>
  labels.length === 0 ? `sum(${of})` : `sum by (${labels.map(labelOf).join(', ')}) (${of})`;
export const maxBy = (labels: readonly string[], of: string): string =>
  labels.length === 0 ? `max(${of})` : `max by (${labels.map(labelOf).join(', ')}) (${of})`;

/** Sum of the rates of a counter, kept apart by its attributes. */
export const rateBy = <N extends NamesOf<'counter'>>(
  name: N,
  by: By<N>,
  where: Where<N> = {},
  window = SHOWN,
): string => sumBy(by, perSecond(name, where, window));

/** A quantile of a histogram, kept apart by its attributes. */
export const quantileBy = <N extends NamesOf<'histogram'>>(
  quantile: number,
  name: N,
  by: By<N> = [],
  where: Where<N> = {},
  window = SHOWN,
): string =>
  `histogram_quantile(${quantile}, ${sumBy(['le', ...by], `rate(${part(name, 'bucket', where)}[${window}])`)})`;

/**
 * How many a second were at or below a bound.
 *
 * @param bound in the histogram's unit; one of its buckets' bounds
 * @throws {RangeError} for any other: Prometheus would answer with nothing, and an alert on it would never fire
 */
export function upToPerSecond<N extends NamesOf<'histogram'>>(
  name: N,
  bound: number,
  where: Where<N> = {},
  window = SHOWN,
): string {
  const { buckets } = metricNames[name];
  if (!(buckets as readonly number[]).includes(bound)) {
    throw new RangeError(`${name} has no bucket up to ${bound}: ${buckets.join(', ')}`);
  }
  // Prometheus 3 writes a whole bound as 1.0 whatever the app wrote.
  const le = Number.isInteger(bound) ? `le=~"${bound}(\\\\.0)?"` : `le="${bound}"`;
  return `rate(${part(name, 'bucket', where, [le])}[${window}])`;
}

/**
 * What came up in a window, its very first occurrence included. `increase` does not see that one: a series that begins
 * with 1 has never risen. The second half finds it.
 */
export function appeared<N extends NamesOf<'counter'>>(name: N, by: By<N>, where: Where<N>, window: string): string {
  const all = series(name, where);
  const labels: readonly string[] = by;
  return `${sumBy(labels, `increase(${all}[${window}])`)} > 0 or ${sumBy(labels, `${all} unless ${all} offset ${window}`)} > 0`;
}
