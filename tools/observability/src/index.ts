export { dashboards } from './dashboards/dashboards.ts';
export type { Dashboard, Panel, Query, Row } from './dashboards/panel.ts';
export { askNow, askRange, withWindow, type AnsweredSeries } from './prometheus/ask-prometheus.ts';
export { findPrometheus, PrometheusMissing, type PrometheusPrograms } from './prometheus/find-prometheus.ts';
export { startPrometheus, type PrometheusOptions, type RunningPrometheus } from './prometheus/start-prometheus.ts';
export { jobs, type Job } from './promql.ts';
