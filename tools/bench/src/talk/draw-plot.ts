import { init, type EChartsOption, type LineSeriesOption } from 'echarts';
import type { PlotPoint } from './plot-lines.ts';

export interface Plot {
  readonly title: string;
  /** A line below the title: what the figures belong to. */
  readonly subtitle: string;
  readonly points: readonly PlotPoint[];
  /** What the talk says, drawn as dashed lines. */
  readonly talk: { readonly p50Ms: number; readonly p90Ms: number };
  /** The same for all plots of a kind. */
  readonly scale: { readonly minMs: number; readonly maxMs: number };
  readonly warmUpS: number;
  readonly totalS: number;
}

const WIDTH = 760;
const HEIGHT = 420;
const P50_COLOR = '#0b6e99';
const P90_COLOR = '#c4511d';
const SHADE = 'rgba(120, 120, 120, 0.12)';

const TALK_LINES = ['the talk, p50', 'the talk, p90'] as const;

type Quantile = 'p50Ms' | 'p90Ms';

/** What was seen; a dot for each piece of the run, since few calls make a line jump. */
const seenLine = (name: string, quantile: Quantile, color: string, { points }: Plot): LineSeriesOption => ({
  name,
  type: 'line',
  data: points.map((point) => [point.atS, point[quantile]]),
  showSymbol: true,
  symbolSize: 4,
  color,
  lineStyle: { width: 1.5, color },
});

const talkLine = (name: string, quantile: Quantile, color: string, { talk, totalS }: Plot): LineSeriesOption => ({
  name,
  type: 'line',
  data: [
    [0, talk[quantile]],
    [totalS, talk[quantile]],
  ],
  symbol: 'none',
  color,
  lineStyle: { width: 1.5, type: 'dashed', color },
});

function seriesOf(plot: Plot): LineSeriesOption[] {
  const warmUp = [{ xAxis: 0, name: plot.warmUpS > 0 ? 'warm-up, not counted' : '' }, { xAxis: plot.warmUpS }];
  return [
    {
      ...seenLine('p50', 'p50Ms', P50_COLOR, plot),
      markArea: {
        silent: true,
        itemStyle: { color: SHADE },
        label: { position: 'insideTopLeft', color: '#666' },
        data: [warmUp as [{ xAxis: number; name: string }, { xAxis: number }]],
      },
    },
    seenLine('p90', 'p90Ms', P90_COLOR, plot),
    talkLine(TALK_LINES[0], 'p50Ms', P50_COLOR, plot),
    talkLine(TALK_LINES[1], 'p90Ms', P90_COLOR, plot),
  ];
}

function optionOf(plot: Plot): EChartsOption {
  const { title, subtitle, scale, totalS } = plot;
  return {
    animation: false,
    backgroundColor: '#fff',
    title: { text: title, subtext: subtitle, left: 12, top: 8 },
    legend: {
      data: ['p50', 'p90', ...TALK_LINES.map((name) => ({ name, itemStyle: { opacity: 0 } }))],
      left: 'center',
      bottom: 4,
      itemWidth: 36,
      itemGap: 28,
    },
    grid: { left: 64, right: 24, top: 72, bottom: 72 },
    xAxis: {
      type: 'value',
      min: 0,
      max: totalS,
      name: 'seconds from an empty cache',
      nameLocation: 'middle',
      nameGap: 26,
    },
    yAxis: {
      type: 'log',
      min: scale.minMs,
      max: scale.maxMs,
      name: 'ms to a complete answer',
      nameLocation: 'middle',
      nameGap: 46,
      minorSplitLine: { show: true, lineStyle: { color: '#f2f2f2' } },
    },
    series: seriesOf(plot),
  };
}

/** @returns the plot as an SVG document; the same plot gives the same text but for ids */
export function drawPlot(plot: Plot): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption(optionOf(plot));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
