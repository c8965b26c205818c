import { init, type EChartsOption } from 'echarts';
import type { Dashboard, Panel, Unit } from '../dashboards/panel.ts';
import { askRange, withWindow, type AnsweredSeries } from '../prometheus/ask-prometheus.ts';

const PANEL = { width: 480, height: 260 };
const COLUMNS = 3;
const TITLE_HEIGHT = 44;
const ROW_HEIGHT = 30;
/** More would be a list, not a plot. */
const LINES_MAX = 24;
const MS = 1_000;

/** The span that is drawn, in seconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

interface Line {
  readonly name: string;
  readonly samples: AnsweredSeries['samples'];
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** `{{label}}` in a legend, as Grafana fills it in. */
export const legendOf = (legend: string, labels: Readonly<Record<string, string>>): string =>
  legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? '');

const rounded = (value: number): string => String(Number(value.toPrecision(3)));

/** A value as Grafana would write it in this unit. */
export function inUnit(value: number, unit: Unit): string {
  if (unit === 'percentunit') return `${rounded(value * 100)} %`;
  if (unit === 's') return Math.abs(value) < 1 ? `${rounded(value * MS)} ms` : `${rounded(value)} s`;
  if (unit === 'bytes') return `${rounded(value / 2 ** 20)} MiB`;
  if (unit === 'cps' || unit === 'reqps') return `${rounded(value)} /s`;
  return rounded(value);
}

async function linesOf(panel: Panel, url: string, span: Span, window: string): Promise<readonly Line[]> {
  const answers = await Promise.all(
    panel.queries.map(async ({ expr, legend }) =>
      (await askRange(url, withWindow(expr, window), span)).map(({ labels, samples }) => ({
        name: legendOf(legend, labels),
        samples,
      })),
    ),
  );
  return answers.flat().slice(0, LINES_MAX);
}

function optionOf(panel: Panel, lines: readonly Line[], span: Span): EChartsOption {
  const nothing = panel.emptyUntil === undefined ? 'no data' : `empty until ${panel.emptyUntil}`;
  return {
    animation: false,
    title: {
      text: panel.title,
      subtext: lines.length === 0 ? nothing : '',
      left: 8,
      top: 4,
      textStyle: { fontSize: 13 },
    },
    legend: { type: 'plain', bottom: 4, left: 8, right: 8, itemWidth: 12, itemHeight: 8, textStyle: { fontSize: 9 } },
    grid: { left: 64, right: 16, top: 36, bottom: 64 },
    xAxis: { type: 'time', min: span.from * MS, max: span.to * MS, axisLabel: { fontSize: 9, hideOverlap: true } },
    yAxis: {
      type: 'value',
      min: 0,
      ...(panel.max === undefined ? {} : { max: panel.max }),
      axisLabel: { fontSize: 9, formatter: (value: number) => inUnit(value, panel.unit) },
    },
    series: lines.map(({ name, samples }) => ({
      name,
      type: 'line',
      showSymbol: samples.length < 3,
      lineStyle: { width: 1.2 },
      ...(panel.kind === 'stacked' ? { stack: 'all', areaStyle: { opacity: 0.4 } } : {}),
      data: samples.map(([at, value]) => [at * MS, Number.isFinite(value) ? value : null]),
    })),
  };
}

/** One panel as SVG. */
export function drawPanel(panel: Panel, lines: readonly Line[], span: Span): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...PANEL });
  try {
    chart.setOption(optionOf(panel, lines, span));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/**
 * A dashboard as one SVG, from what a Prometheus says of this span. It is for people to look at: Grafana lays the panels
 * out by itself.
 *
 * @param window what `$__rate_interval` stands for: at least four scrapes
 */
export async function drawDashboard(
  dashboard: Dashboard,
  { url, span, window }: { url: string; span: Span; window: string },
): Promise<string> {
  const parts: string[] = [];
  let y = TITLE_HEIGHT;
  for (const { title, panels } of dashboard.rows) {
    parts.push(`<text x="12" y="${y + 20}" font-size="15" font-weight="bold">${escaped(title)}</text>`);
    y += ROW_HEIGHT;
    for (const [at, panel] of panels.entries()) {
      const x = (at % COLUMNS) * PANEL.width;
      const svg = drawPanel(panel, await linesOf(panel, url, span, window), span);
      parts.push(svg.replace('<svg ', `<svg x="${x}" y="${y + Math.floor(at / COLUMNS) * PANEL.height}" `));
    }
    y += Math.ceil(panels.length / COLUMNS) * PANEL.height;
  }
  const width = COLUMNS * PANEL.width;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" font-family="sans-serif">`,
    `<rect width="100%" height="100%" fill="white"/><text x="12" y="30" font-size="20">${escaped(dashboard.title)}</text>`,
    ...parts,
    '</svg>',
  ].join('\n');
}
