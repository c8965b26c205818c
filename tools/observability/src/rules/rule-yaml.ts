import yaml from 'yaml';
import { runbookUrlOf } from '../runbook.ts';
import type { Alert, Firing, Quiet, Recording, RuleFile } from './alert.ts';
import { alertsOf } from './rule-files.ts';

const alertRule = (alert: Alert) => ({
  alert: alert.name,
  expr: alert.expr,
  ...(alert.for === undefined ? {} : { for: alert.for }),
  ...(alert.keepFiringFor === undefined ? {} : { keep_firing_for: alert.keepFiringFor }),
  labels: { severity: alert.severity, ...alert.labels },
  annotations: { summary: alert.summary, runbook_url: runbookUrlOf(alert.name) },
});

const recordingRule = ({ record, expr, labels }: Recording) => ({ record, expr, ...(labels && { labels }) });

const commented = (lines: readonly string[]): string => lines.map((line) => `# ${line}\n`).join('');
const GENERATED =
  'Written by `node tools/observability/src/main.ts write`: change tools/observability/src/rules, not this.';

/** A file that Prometheus reads as it is; its `groups` are also what a PrometheusRule has in its spec. */
export function ruleYaml(file: RuleFile): string {
  const groups = file.groups.map(({ name, interval, recordings = [], alerts = [] }) => ({
    name,
    ...(interval && { interval }),
    rules: [...recordings.map(recordingRule), ...alerts.map(alertRule)],
  }));
  return commented([file.about, GENERATED]) + yaml.stringify({ groups });
}

/** The value is not known before: what a summary says of it is left to Prometheus, so those are compared by their labels alone. */
const inputs = (series: Firing['series']) => Object.entries(series).map(([name, values]) => ({ series: name, values }));

/** One case. Only whether, and with which labels, is asked: `ALERTS` has both, and no text with a value in it. */
function caseOf({ name, severity, labels }: Alert, { when, series, at }: Firing | Quiet, fires: Firing['labels']) {
  return {
    name: `${name}: ${when}`,
    interval: '1m',
    input_series: inputs(series),
    promql_expr_test: [
      {
        expr: `count by (alertname, severity, ${labelNames(fires).join(', ')}) (ALERTS{alertname="${name}", alertstate="firing"})`.replace(
          ', )',
          ')',
        ),
        eval_time: at,
        exp_samples: fires.map((each) => ({
          labels: `{${Object.entries({ alertname: name, severity, ...labels, ...each })
            .map(([label, value]) => `${label}="${value}"`)
            .join(', ')}}`,
          value: 1,
        })),
      },
    ],
  };
}

const labelNames = (firing: Firing['labels']): string[] => [...new Set(firing.flatMap((each) => Object.keys(each)))];

/** The unit tests of a file's alerts, for `promtool test rules`. */
export function ruleTestYaml(file: RuleFile): string {
  const tests = alertsOf(file).flatMap((alert) => [
    caseOf(alert, alert.fires, alert.fires.labels),
    ...alert.quiet.map((quiet) => caseOf(alert, quiet, [])),
  ]);
  const about = `Every alert of ${file.name}.yaml fires in one case and stays quiet in the others: promtool test rules <this>`;
  return (
    commented([about, GENERATED]) +
    yaml.stringify({ rule_files: [`../rules/${file.name}.yaml`], evaluation_interval: file.testedEvery ?? '1m', tests })
  );
}
