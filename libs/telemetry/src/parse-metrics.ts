import { metricNames, type MetricName } from './metric-names.ts';
import { prometheusNameOf } from './prometheus-name.ts';

/** One line of a scrape. */
export interface MetricSample {
  /** As Prometheus spells it, with `_bucket`, `_sum`, `_count` for histograms. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A reading of /metrics. Names may be the list's (`porchlight.estimate_api.items`) or Prometheus's; labels filter. */
export interface MetricsScrape {
  readonly samples: readonly MetricSample[];
  /** The samples of one metric whose labels match. */
  select(name: string, labels?: Readonly<Record<string, string>>): MetricSample[];
  /** Their sum; 0 if there is none. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
  /** How many values a histogram has taken. */
  count(name: string, labels?: Readonly<Record<string, string>>): number;
  /**
   * A quantile of a histogram, interpolated inside its bucket as PromQL does; undefined without values.
   *
   * @param q 0..1
   */
  quantile(name: string, q: number, labels?: Readonly<Record<string, string>>): number | undefined;
  /** What counters and histograms rose by since an earlier reading of the same process; a restart counts from 0. */
  since(earlier: MetricsScrape): MetricsScrape;
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' };

const numberOf = (text: string): number => {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
};

const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(LABEL)].map(([, name = '', value = '']) => [
      name,
      value.replace(/\\(.)/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped),
    ]),
  );

const spelled = (name: string): string =>
  name in metricNames ? prometheusNameOf(name, metricNames[name as MetricName]) : name;

const matches = (sample: MetricSample, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(labels).every(([label, value]) => sample.labels[label.replaceAll('.', '_')] === value);

const identityOf = ({ name, labels }: MetricSample): string => name + JSON.stringify(Object.entries(labels).sort());

/** The value below which a share `q` of a histogram lies. @param buckets cumulative, by upper bound */
function quantileOf(q: number, buckets: readonly { le: number; count: number }[]): number | undefined {
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return undefined;
  const rank = q * total;
  const at = buckets.findIndex(({ count }) => count >= rank);
  const { le, count } = buckets[at] ?? { le: Infinity, count: total };
  const below = buckets[at - 1] ?? { le: 0, count: 0 };
  if (le === Infinity) return below.le;
  return count === below.count ? le : below.le + ((le - below.le) * (rank - below.count)) / (count - below.count);
}

function cumulative(samples: readonly MetricSample[]): { le: number; count: number }[] {
  const counts = new Map<number, number>();
  for (const { labels, value } of samples) {
    const le = numberOf(labels['le'] ?? '+Inf');
    counts.set(le, (counts.get(le) ?? 0) + value);
  }
  return [...counts].map(([le, count]) => ({ le, count })).sort((a, b) => a.le - b.le);
}

const RISING = /_(total|bucket|sum|count)$/;

function scrapeOf(samples: readonly MetricSample[]): MetricsScrape {
  const select: MetricsScrape['select'] = (name, labels = {}) => {
    const wanted = spelled(name);
    return samples.filter((sample) => sample.name === wanted && matches(sample, labels));
  };
  const sum: MetricsScrape['sum'] = (name, labels) =>
    select(name, labels).reduce((total, { value }) => total + value, 0);
  return {
    samples,
    select,
    sum,
    count: (name, labels) => sum(`${spelled(name)}_count`, labels),
    quantile: (name, q, labels) => quantileOf(q, cumulative(select(`${spelled(name)}_bucket`, labels))),
    since(earlier) {
      const before = new Map(earlier.samples.map((sample) => [identityOf(sample), sample.value]));
      return scrapeOf(
        samples.map((sample) => {
          const was = RISING.test(sample.name) ? (before.get(identityOf(sample)) ?? 0) : 0;
          return { ...sample, value: was > sample.value ? sample.value : sample.value - was };
        }),
      );
    },
  };
}

/** Reads the text format of Prometheus. Several processes' texts may be joined: `sum` and `quantile` then go over all of them. */
export function parseMetrics(text: string): MetricsScrape {
  const samples: MetricSample[] = [];
  for (const line of text.split('\n')) {
    const found = line.startsWith('#') ? null : LINE.exec(line.trim());
    if (found?.[1] === undefined || found[3] === undefined) continue;
    samples.push({ name: found[1], labels: labelsOf(found[2] ?? ''), value: numberOf(found[3]) });
  }
  return scrapeOf(samples);
}
