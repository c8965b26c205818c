import { groupOf } from '@porchlight/contracts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { at, listAt, named, ofKind, shown } from './objects-in.ts';
import type { RealApp } from './real-app.ts';

/** What KEDA's scaler of Kafka is told; an unknown field would pass its schema and do nothing. */
const KAFKA_FIELDS = [
  'bootstrapServersFromEnv',
  'consumerGroup',
  'topic',
  'lagThreshold',
  'activationLagThreshold',
  'offsetResetPolicy',
  'excludePersistentLag',
];

interface Replicas {
  readonly min: number;
  readonly max: number;
}

/** @returns how many replicas there may be, by whatever scales an app */
export function replicasIn(objects: readonly KubernetesObject[], name: string): Replicas {
  const scaled = named(objects, 'ScaledObject', name);
  if (scaled !== undefined)
    return { min: Number(at(scaled, 'spec.minReplicaCount')), max: Number(at(scaled, 'spec.maxReplicaCount')) };
  const autoscaler = named(objects, 'HorizontalPodAutoscaler', name);
  if (autoscaler !== undefined)
    return { min: Number(at(autoscaler, 'spec.minReplicas')), max: Number(at(autoscaler, 'spec.maxReplicas')) };
  const fixed = Number(at(named(objects, 'Deployment', name), 'spec.replicas') ?? 1);
  return { min: fixed, max: fixed };
}

function problemsOfKafkaTrigger(trigger: unknown, app: RealApp): string[] {
  const metadata = (at(trigger, 'metadata') ?? {}) as Readonly<Record<string, unknown>>;
  const { consumerGroup, topic, lagThreshold, offsetResetPolicy } = metadata;
  const group = groupOf(app.name);
  return [
    ...(consumerGroup === group ? [] : [`its group is ${shown(consumerGroup)}, and the app's is ${group}`]),
    ...(app.inputs.some(({ name }) => name === topic)
      ? []
      : [`it looks at ${shown(topic)}, which the app does not read`]),
    ...(offsetResetPolicy === app.startFrom
      ? []
      : [`it begins at ${shown(offsetResetPolicy)}, and the app at ${app.startFrom}`]),
    ...(Number(lagThreshold) > 0 ? [] : [`its lagThreshold is ${shown(lagThreshold)}`]),
    // It takes a group that waits for its dependency for stuck, and scales it in under load.
    ...(metadata['excludePersistentLag'] === 'true' ? ['it excludes persistent lag'] : []),
    ...Object.keys(metadata)
      .filter((field) => !KAFKA_FIELDS.includes(field))
      .map((field) => `its scaler knows no ${field}`),
  ];
}

function problemsOfTriggers(scaled: KubernetesObject, app: RealApp): string[] {
  const triggers = listAt(scaled, 'spec.triggers');
  const ofKafka = triggers.filter((trigger) => at(trigger, 'type') === 'kafka');
  const seen = ofKafka.map((trigger) => at(trigger, 'metadata.topic'));
  const notText = triggers.flatMap((trigger) =>
    Object.entries(at(trigger, 'metadata') ?? {}).filter(([, value]) => typeof value !== 'string'),
  );
  return [
    ...ofKafka.flatMap((trigger) => problemsOfKafkaTrigger(trigger, app)),
    ...app.inputs.filter(({ name }) => !seen.includes(name)).map(({ name }) => `no trigger looks at ${name}`),
    ...notText.map(([field]) => `${field} is no text, and KEDA takes nothing else`),
    ...triggers
      .map((trigger) => at(trigger, 'type'))
      .filter((type) => type !== 'kafka' && type !== 'prometheus')
      .map((type) => `a trigger is of ${shown(type)}`),
  ];
}

function problemsOfScaledObject(scaled: KubernetesObject, app: RealApp): string[] {
  const partitions = Math.max(...app.inputs.map((input) => input.partitions));
  const { min, max } = replicasIn([scaled], app.name);
  const fallback = at(scaled, 'spec.fallback.replicas');
  return [
    ...(min >= 1 ? [] : [`it goes down to ${min}: a broker that cannot be asked would end the group`]),
    ...(max >= min ? [] : [`at most ${max} replicas are fewer than at least ${min}`]),
    ...(max <= partitions ? [] : [`${max} replicas are more than the ${partitions} partitions: the others would idle`]),
    ...(fallback === undefined ? ['it has no fallback'] : []),
    ...(Number(fallback) <= max ? [] : [`its fallback of ${shown(fallback)} is more than ${max} replicas`]),
    ...(at(scaled, 'spec.scaleTargetRef.name') === app.name ? [] : ['it scales something else']),
    ...problemsOfTriggers(scaled, app),
  ];
}

const ofApp = (kind: string, app: RealApp, problems: readonly string[]) =>
  problems.map((problem) => `${kind} ${app.name}: ${problem}`);

/** @returns where what scales an app does not fit what the app reads; a set of manifests without KEDA has none at all */
export function scalingProblems(objects: readonly KubernetesObject[], apps: readonly RealApp[]): string[] {
  const hasKeda = ofKind(objects, 'ScaledObject').length > 0;
  return apps.flatMap((app) => {
    const { min, max } = replicasIn(objects, app.name);
    const scaled = named(objects, 'ScaledObject', app.name);
    const bounds = scaled === undefined && (min < 1 || max < min) ? [`replicas are ${min}..${max}`] : [];
    if (app.inputs.length === 0) return ofApp('scaling of', app, bounds);
    if (scaled === undefined) return hasKeda ? [`${app.name} has no ScaledObject`] : ofApp('scaling of', app, bounds);
    return ofApp('ScaledObject', app, problemsOfScaledObject(scaled, app));
  });
}

function budgetProblem(budget: KubernetesObject | undefined, min: number): string | undefined {
  if (min < 2) return budget === undefined ? undefined : `there is one, and ${min} replica`;
  if (budget === undefined) return `there is none, and at least ${min} replicas`;
  const unavailable = at(budget, 'spec.maxUnavailable');
  if (at(budget, 'spec.minAvailable') !== undefined) return 'minAvailable does not follow the scaler';
  if (typeof unavailable !== 'number' || unavailable < 1)
    return `maxUnavailable is ${shown(unavailable)}: nothing drains`;
  if (unavailable >= min) return `maxUnavailable ${unavailable} may take all of ${min} replicas`;
  return at(budget, 'spec.unhealthyPodEvictionPolicy') === 'AlwaysAllow'
    ? undefined
    : 'a pod that crashes would hold up a drain';
}

/** @returns where a budget of disruption and the least number of replicas do not go together */
export function disruptionProblems(objects: readonly KubernetesObject[], apps: readonly RealApp[]): string[] {
  return apps.flatMap(({ name }) => {
    const problem = budgetProblem(named(objects, 'PodDisruptionBudget', name), replicasIn(objects, name).min);
    return problem === undefined ? [] : [`PodDisruptionBudget ${name}: ${problem}`];
  });
}
