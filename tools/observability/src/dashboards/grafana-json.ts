import {
  DashboardBuilder,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  StackingConfigBuilder,
  StackingMode,
  LegendDisplayMode,
  LegendPlacement,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
  TooltipDisplayMode,
  SortOrder,
} from '@grafana/grafana-foundation-sdk/common';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as LinesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { runbookUrlOf } from '../runbook.ts';
import type { Dashboard, Panel } from './panel.ts';

const WIDTH = 24;
const LINES = { span: 8, height: 8 };
const FIGURE = { span: 6, height: 5 };
const datasource = { type: 'prometheus', uid: '${datasource}' };
const REF_IDS = 'ABCDEFGH';

const runbookLink = ({ runbook }: Panel) =>
  new DashboardLinkBuilder(`Runbook: ${runbook}`)
    .type(DashboardLinkType.Link)
    .url(runbookUrlOf(runbook))
    .targetBlank(true);

const targetsOf = ({ queries }: Panel) =>
  queries.map(({ expr, legend }, at) =>
    new DataqueryBuilder()
      .refId(REF_IDS[at] ?? `Q${at}`)
      .expr(expr)
      .legendFormat(legend)
      .datasource(datasource),
  );

/** What both kinds of panel have. */
function described<B extends StatBuilder | LinesBuilder>(builder: B, panel: Panel, id: number): B {
  const empty = panel.emptyUntil === undefined ? '' : `\n\nEmpty until ${panel.emptyUntil}.`;
  builder
    .id(id)
    .title(panel.title)
    .description(panel.description + empty)
    .unit(panel.unit)
    .datasource(datasource)
    .links([runbookLink(panel)])
    .min(0)
    .noValue(panel.emptyUntil === undefined ? 'no data' : 'none');
  if (panel.max !== undefined) builder.max(panel.max);
  for (const target of targetsOf(panel)) builder.withTarget(target);
  return builder;
}

function lines(panel: Panel, id: number): LinesBuilder {
  const builder = described(new LinesBuilder(), panel, id)
    .lineWidth(1)
    .fillOpacity(panel.kind === 'stacked' ? 40 : 5)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  return panel.kind === 'stacked'
    ? builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'))
    : builder;
}

const built = (panel: Panel, id: number) =>
  panel.kind === 'figure' ? described(new StatBuilder(), panel, id) : lines(panel, id);
const sizeOf = (panel: Panel) => (panel.kind === 'figure' ? FIGURE : LINES);

/** Grafana's JSON of a dashboard: imported as it is, provisioned from a folder, or put into a ConfigMap. */
export function grafanaJson(dashboard: Dashboard): unknown {
  const builder = new DashboardBuilder(dashboard.title)
    .uid(dashboard.uid)
    .description(dashboard.description)
    .tags(['porchlight'])
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .editable()
    .link(
      new DashboardLinkBuilder('Porchlight')
        .type(DashboardLinkType.Dashboards)
        .tags(['porchlight'])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'));
  let id = 1;
  let y = 0;
  for (const { title, panels } of dashboard.rows) {
    builder.withRow(new RowBuilder(title).id(id++).gridPos({ x: 0, y, w: WIDTH, h: 1 }));
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      const { span, height: h } = sizeOf(panel);
      if (x + span > WIDTH) [x, y, height] = [0, y + height, 0];
      builder.withPanel(built(panel, id++).gridPos({ x, y, w: span, h }));
      x += span;
      height = Math.max(height, h);
    }
    y += height;
  }
  return builder.build();
}
