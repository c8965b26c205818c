import type { MeterReading } from './meter.ts';

const sample = (name: string, labels: Record<string, string>, value: number): string => {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
};

const family = (name: string, type: 'counter' | 'gauge', help: string, samples: string[]): string =>
  [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples, ''].join('\n');

/** The meter as Prometheus text. A reset of the meter is a counter reset, which a rate survives. */
export function metricsPage(meter: MeterReading, { homes, hung }: { homes: number; hung: number }): string {
  const byShape = (pick: 'requests' | 'items', name: string): string[] =>
    (['single', 'multi'] as const).map((shape) => sample(name, { shape }, meter[shape][pick]));
  const lanes = Object.entries(meter.lanes);
  return [
    family(
      'porchlight_upstream_simulator_billed_requests_total',
      'counter',
      'requests answered with 200, as billed',
      byShape('requests', 'porchlight_upstream_simulator_billed_requests_total'),
    ),
    family(
      'porchlight_upstream_simulator_billed_items_total',
      'counter',
      'ids of the requests that were billed',
      byShape('items', 'porchlight_upstream_simulator_billed_items_total'),
    ),
    family(
      'porchlight_upstream_simulator_lane_billed_items_total',
      'counter',
      'billed ids by the lane that the caller names',
      lanes.map(([lane, { items }]) =>
        sample('porchlight_upstream_simulator_lane_billed_items_total', { lane }, items),
      ),
    ),
    family(
      'porchlight_upstream_simulator_refused_total',
      'counter',
      'requests that were not billed, by status',
      Object.entries(meter.refused).map(([status, count]) =>
        sample('porchlight_upstream_simulator_refused_total', { status }, count),
      ),
    ),
    family('porchlight_upstream_simulator_homes', 'gauge', 'homes in the book', [
      sample('porchlight_upstream_simulator_homes', {}, homes),
    ]),
    family('porchlight_upstream_simulator_hung_calls', 'gauge', 'calls that hang now', [
      sample('porchlight_upstream_simulator_hung_calls', {}, hung),
    ]),
  ].join('');
}
