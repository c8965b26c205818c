import { dependencies } from '../dependencies.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { at, listAt, named, ofKind, shown } from './objects-in.ts';
import type { RealApp } from './real-app.ts';

const DNS_PORT = 53;
const WHOLE_WORLD = ['0.0.0.0/0', '::/0'];

interface Way {
  readonly port: unknown;
  readonly isAnywhere: boolean;
}

/** A rule without `to` or without `ports` is every place, or every port. */
function waysOf(rule: unknown): Way[] {
  const peers = listAt(rule, 'to');
  const isAnywhere =
    peers.length === 0 ||
    peers.some((peer) => WHOLE_WORLD.includes(String(at(peer, 'ipBlock.cidr'))) || isEveryNamespace(peer));
  const ports = listAt(rule, 'ports').map((port) => at(port, 'port'));
  return (ports.length === 0 ? ['every port'] : ports).map((port) => ({ port, isAnywhere }));
}

function isEveryNamespace(peer: unknown): boolean {
  const selector = at(peer, 'namespaceSelector');
  return selector !== undefined && Object.keys(selector as object).length === 0;
}

function problemsOfPolicy(policy: KubernetesObject, app: RealApp): string[] {
  const needed = app.needs.map((need) => dependencies[need]);
  const ways = listAt(policy, 'spec.egress').flatMap(waysOf);
  const ports = [DNS_PORT, ...needed.map(({ port }) => port)];
  const outside = needed.filter(({ peer }) => peer === 'internet').map(({ port }) => port);
  const types = listAt(policy, 'spec.policyTypes');
  const told = at(policy, 'spec.podSelector.matchLabels');
  return [
    ...(types.includes('Ingress') && types.includes('Egress') ? [] : ['it is not about both ways']),
    ...(JSON.stringify(told) === JSON.stringify({ 'app.kubernetes.io/name': app.name })
      ? []
      : [`it selects ${shown(told)}`]),
    ...ways
      .filter(({ port }) => !ports.includes(port as number))
      .map(({ port }) => `it lets out to ${shown(port)}, which the app does not need`),
    ...ways
      .filter(({ port, isAnywhere }) => isAnywhere && !outside.includes(port as number))
      .map(({ port }) => `it lets out to anywhere on ${shown(port)}`),
    ...ports
      .filter((port) => !ways.some((way) => way.port === port))
      .map((port) => `it does not let out to ${port}, which the app needs`),
  ];
}

const isDefaultDeny = (policy: KubernetesObject): boolean =>
  JSON.stringify(at(policy, 'spec')) === JSON.stringify({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });

/** @returns where an app may reach more or less than its config schema says that it does */
export function egressProblems(objects: readonly KubernetesObject[], apps: readonly RealApp[]): string[] {
  const policies = ofKind(objects, 'NetworkPolicy');
  return [
    ...(policies.some(isDefaultDeny) ? [] : ['no NetworkPolicy denies by default']),
    ...apps.flatMap((app) => {
      const policy = named(objects, 'NetworkPolicy', app.name);
      if (policy === undefined) return [`${app.name} has no NetworkPolicy`];
      return problemsOfPolicy(policy, app).map((problem) => `NetworkPolicy ${app.name}: ${problem}`);
    }),
  ];
}
