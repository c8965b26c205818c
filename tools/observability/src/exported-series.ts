import { metricNames, prometheusNameOf, type MetricSpec } from '@porchlight/telemetry';

const labelOf = (attribute: string): string => attribute.replace(/[^a-zA-Z0-9_]+/g, '_');
/** What the scrape and Prometheus itself add. */
const FROM_THE_SCRAPE = ['job', 'instance', 'le'];

/** Every series that an app exports, with the labels that it may have. */
const exported: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<MetricSpec>(metricNames).flatMap(([name, spec]) => {
    const base = prometheusNameOf(name, spec);
    const labels = [...Object.keys(spec.attributes ?? {}), ...Object.keys(spec.optionalAttributes ?? {})].map(labelOf);
    const parts = spec.kind === 'histogram' ? ['_bucket', '_count', '_sum'] : [''];
    return parts.map((part): [string, string[]] => [`${base}${part}`, labels]);
  }),
);

const KEYWORDS =
  /^(?:sum|max|min|count|avg|by|on|or|and|unless|offset|bool|group_left|rate|increase|delta|absent|vector|clamp_max|histogram_quantile|min_over_time|avg_over_time)$/;
const FROM_PROMETHEUS = ['up'];

/**
 * What a query names that nothing exports. Read from the text alone, whoever wrote it.
 *
 * @param recorded names that recording rules make
 * @returns such as `porchlight_typo_total` or `porchlight_stream_lag{colour}`
 */
export function unexported(expr: string, recorded: ReadonlySet<string>): readonly string[] {
  const unknown: string[] = [];
  const used: string[] = [];
  const withoutMatchers = expr.replace(
    /([a-zA-Z_:][\w:]*)?\{([^}]*)\}/g,
    (_, name: string | undefined, inner: string) => {
      const labels = [...inner.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = '']) => label);
      const allowed = exported.get(name ?? '') ?? [];
      const isOurs = exported.has(name ?? '');
      for (const label of labels) {
        if (isOurs && ![...allowed, ...FROM_THE_SCRAPE].includes(label)) unknown.push(`${name}{${label}}`);
      }
      return ` ${name ?? ''} `;
    },
  );
  const groups: string[] = [];
  const withoutGroups = withoutMatchers.replace(/\b(?:by|on|group_left)\s*\(([^)]*)\)/g, (_, inner: string) => {
    groups.push(
      ...inner
        .split(',')
        .map((label) => label.trim())
        .filter(Boolean),
    );
    return ' ';
  });
  for (const [name] of withoutGroups
    .replace(/\[[^\]]*\]/g, ' ')
    .replace(/\boffset\s+\w+/g, ' ')
    .matchAll(/[a-zA-Z_:][\w:]*/g)) {
    if (KEYWORDS.test(name)) continue;
    used.push(name);
    if (!exported.has(name) && !recorded.has(name) && !FROM_PROMETHEUS.includes(name)) unknown.push(name);
  }
  const known = [...FROM_THE_SCRAPE, 'topic', 'slo'].concat(used.flatMap((name) => exported.get(name) ?? []));
  unknown.push(...groups.filter((label) => !known.includes(label)).map((label) => `by (${label})`));
  return [...new Set(unknown)];
}
