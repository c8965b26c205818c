import { groupOf } from '@porchlight/contracts';
import type { Deployed } from './deployment-of.ts';

/** The scaler's error must not scale a group down that it cannot see. */
const fallbackOf = (replicas: number) => ({ failureThreshold: 3, replicas, behavior: 'currentReplicasIfHigher' });

/** Every change of the count is a rebalance: up in steps, down slowly. */
const behavior = {
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

/** One trigger for each topic: the autoscaler takes the largest. All values are text, or KEDA refuses them. */
const triggerOf = (app: Deployed, topic: string) => ({
  type: 'kafka',
  metadata: {
    bootstrapServersFromEnv: 'KAFKA_BROKERS',
    consumerGroup: groupOf(app.name),
    topic,
    // Lag is a count, not a time: what one replica gets done in the time that is tolerated.
    lagThreshold: String(app.recordsPerS * app.toleratedLagS),
    offsetResetPolicy: app.startFrom,
    // Off on purpose: a group that waits for its dependency, or commits rarely, would be taken for stuck and scaled in under load.
    excludePersistentLag: 'false',
  },
});

/** @returns the KEDA ScaledObject: never to none, never to more than there are partitions */
export const scaledObjectOf = (app: Deployed) => ({
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: {
    name: app.name,
    labels: { 'app.kubernetes.io/name': app.name, 'app.kubernetes.io/part-of': 'porchlight' },
  },
  spec: {
    scaleTargetRef: { name: app.name },
    minReplicaCount: app.replicasMin,
    maxReplicaCount: Math.max(...app.inputs.map(({ partitions }) => partitions)),
    fallback: fallbackOf(app.replicasMin),
    advanced: { horizontalPodAutoscalerConfig: { behavior } },
    triggers: app.inputs.map(({ name }) => triggerOf(app, name)),
  },
});
