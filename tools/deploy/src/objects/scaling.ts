import { groupOf, topics } from '@porchlight/contracts';
import type { DeployedApp, DeploySpec } from '../spec/deploy-spec.ts';
import { labelsOf, type KubernetesObject } from './kubernetes-object.ts';

/** Every change of the count is a rebalance: up in steps, down slowly. */
const consumerBehavior = {
  scaleUp: {
    stabilizationWindowSeconds: 30,
    selectPolicy: 'Max',
    policies: [{ type: 'Pods', value: 4, periodSeconds: 60 }],
  },
  scaleDown: {
    stabilizationWindowSeconds: 300,
    policies: [{ type: 'Pods', value: 1, periodSeconds: 120 }],
  },
};

/** A server takes load at once, and a morning's peak doubles within minutes. */
const serverBehavior = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Percent', value: 100, periodSeconds: 30 },
      { type: 'Pods', value: 4, periodSeconds: 30 },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: 600,
    policies: [{ type: 'Percent', value: 20, periodSeconds: 60 }],
  },
};

/** The scaler's error must not scale a group down that it cannot see. */
const fallbackOf = (replicas: number) => ({ failureThreshold: 3, replicas, behavior: 'currentReplicasIfHigher' });

export const PROMETHEUS_ADDRESS = 'http://prometheus-operated.monitoring.svc:9090';

type LagScale = Extract<DeploySpec['scale'], { by: 'lag' }>;
type Consumes = NonNullable<DeploySpec['consumes']>;

/** @returns what one replica gets done in the time that is tolerated: lag is a count, not a time */
export const lagThresholdOf = ({ recordsPerS, toleratedLagS }: Pick<LagScale, 'recordsPerS' | 'toleratedLagS'>) =>
  Math.max(1, Math.round(recordsPerS * toleratedLagS));

/** One trigger for each topic: the autoscaler takes the largest. All values are text, or KEDA refuses them. */
const lagTrigger = (name: string, topic: string, scale: LagScale, { startFrom }: Consumes) => ({
  type: 'kafka',
  metadata: {
    bootstrapServersFromEnv: 'KAFKA_BROKERS',
    consumerGroup: groupOf(name),
    topic,
    lagThreshold: String(lagThresholdOf(scale)),
    offsetResetPolicy: startFrom,
    // Off on purpose: a group that waits for its dependency, or commits rarely, would be taken for stuck and scaled in under load.
    excludePersistentLag: 'false',
  },
});

/** The age itself, not a share for each replica: `Value`, so that twice the age that is tolerated doubles the replicas. */
const ageTrigger = (name: string, ageS: number) => ({
  type: 'prometheus',
  metricType: 'Value',
  metadata: {
    serverAddress: PROMETHEUS_ADDRESS,
    query: `max(porchlight_stream_lag_age_seconds{job="${name}"})`,
    threshold: String(ageS),
    ignoreNullValues: 'true',
  },
});

function scaledObjectOf(name: string, scale: LagScale, consumes: Consumes): KubernetesObject {
  const { min, max } = scale.replicas;
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name, labels: labelsOf(name, 'apps') },
    spec: {
      scaleTargetRef: { name },
      pollingInterval: 15,
      minReplicaCount: min,
      maxReplicaCount: max,
      fallback: fallbackOf(min),
      advanced: { horizontalPodAutoscalerConfig: { behavior: consumerBehavior } },
      triggers: [
        ...consumes.topics.map((key) => lagTrigger(name, topics[key].name, scale, consumes)),
        ...(scale.lagAgeS === undefined ? [] : [ageTrigger(name, scale.lagAgeS)]),
      ],
    },
  };
}

function autoscalerOf(name: string, scale: Extract<DeploySpec['scale'], { by: 'cpu' }>): KubernetesObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, labels: labelsOf(name, 'apps') },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: scale.replicas.min,
      maxReplicas: scale.replicas.max,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: scale.cpuPercent } },
        },
      ],
      behavior: serverBehavior,
    },
  };
}

/** @returns what scales an app: KEDA by lag, the autoscaler by load, or nothing */
export function scalersOf(app: DeployedApp): KubernetesObject[] {
  const { scale, consumes } = app.spec;
  if (scale.by === 'lag' && consumes !== undefined) return [scaledObjectOf(app.name, scale, consumes)];
  return scale.by === 'cpu' ? [autoscalerOf(app.name, scale)] : [];
}
