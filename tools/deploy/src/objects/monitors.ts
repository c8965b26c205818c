import type { DeployedApp } from '../spec/deploy-spec.ts';
import { labelsOf, NAME_LABEL, selectorOf, type KubernetesObject } from './kubernetes-object.ts';

const endpoint = { port: 'operations', path: '/metrics', interval: '15s', scrapeTimeout: '10s' };

/** The job is named for the app, so that rules and the scaler's query say `job="invalidator"`. */
const monitor = (name: string, spec: object, kind: 'PodMonitor' | 'ServiceMonitor'): KubernetesObject => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind,
  metadata: { name, labels: labelsOf(name, 'apps') },
  spec: { jobLabel: NAME_LABEL, selector: selectorOf(name), ...spec },
});

/** @returns who scrapes an app: by its Service if it has one, else by its pods */
export function monitorOf({ name, spec }: DeployedApp): KubernetesObject {
  return spec.ports.http === undefined
    ? monitor(name, { podMetricsEndpoints: [endpoint] }, 'PodMonitor')
    : monitor(name, { endpoints: [endpoint] }, 'ServiceMonitor');
}

/**
 * @param file   name of a rule file, without its ending
 * @param groups  as Prometheus and promtool read them
 */
export const prometheusRuleOf = (file: string, groups: unknown): KubernetesObject => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PrometheusRule',
  metadata: { name: `porchlight-${file}`, labels: labelsOf('rules', 'apps') },
  spec: { groups },
});
