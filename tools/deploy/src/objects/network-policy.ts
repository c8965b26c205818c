import { dependencies, type Dependency } from '../dependencies.ts';
import type { DeployedApp } from '../spec/deploy-spec.ts';
import { labelsOf, selectorOf, type KubernetesObject } from './kubernetes-object.ts';

export const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';
/** Whose pods scrape us. */
export const MONITORING_NAMESPACE = 'monitoring';
/** A namespace with this label may call estimate-api. */
export const CALLER_LABEL = { 'porchlight.io/calls-estimates': 'true' };

const namespaceNamed = (name: string) => ({ namespaceSelector: { matchLabels: { [NAMESPACE_LABEL]: name } } });
const tcp = (port: number | string) => ({ protocol: 'TCP', port });

/** Everywhere but the cluster's own networks and the metadata service of a cloud. */
const internet = {
  ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'] },
};

const names = {
  to: [{ ...namespaceNamed('kube-system'), podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }],
  ports: [{ protocol: 'UDP', port: 53 }, tcp(53)],
};

const peerOf = ({ peer }: Dependency) => (peer === 'internet' ? internet : namespaceNamed(peer.namespace));

/** Two dependencies at one place are one rule. */
function rulesOf(needed: readonly Dependency[]) {
  const rules = needed.map((each) => ({ to: [peerOf(each)], ports: [tcp(each.port)] }));
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

const policy = (name: string, spec: object, labels = labelsOf(name, 'foundation')): KubernetesObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, labels },
  spec,
});

/** @returns for every pod of the namespace: nothing in, nothing out, but what another policy lets through */
export const defaultDeny = (): KubernetesObject =>
  policy('default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }, labelsOf('porchlight', 'foundation'));

/** @returns out: names, and exactly what the app needs; in: the scraper, and callers where there is a port for them */
export function networkPolicyOf({ name, spec }: DeployedApp): KubernetesObject {
  const { operations, http } = spec.ports;
  const scraper = { from: [namespaceNamed(MONITORING_NAMESPACE)], ports: [tcp(operations)] };
  const callers = (port: number) => ({
    from: [{ namespaceSelector: { matchLabels: CALLER_LABEL } }],
    ports: [tcp(port)],
  });
  return policy(name, {
    podSelector: selectorOf(name),
    policyTypes: ['Ingress', 'Egress'],
    ingress: [scraper, ...(http === undefined ? [] : [callers(http)])],
    egress: [names, ...rulesOf(spec.needs.map((need) => dependencies[need]))],
  });
}

/** @returns for a Job: out only, names and the one thing that it prepares */
export const jobPolicyOf = (name: string, need: Dependency): KubernetesObject =>
  policy(name, {
    podSelector: selectorOf(name),
    policyTypes: ['Ingress', 'Egress'],
    egress: [names, ...rulesOf([need])],
  });
