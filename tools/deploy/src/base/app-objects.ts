import { secretNameOf, secretsOf } from '../objects/app-variables.ts';
import { deploymentOf, disruptionBudgetOf, serviceAccountOf, servicesOf } from '../objects/deployment.ts';
import { externalSecretOf } from '../objects/external-secret.ts';
import { aclsOf, kafkaUserOf } from '../objects/kafka-objects.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { monitorOf } from '../objects/monitors.ts';
import { networkPolicyOf } from '../objects/network-policy.ts';
import { scalersOf } from '../objects/scaling.ts';
import { replicasOf, type DeployedApp } from '../spec/deploy-spec.ts';

/** What one replica alone is not protected by. */
const REPLICAS_FOR_BUDGET = 2;

/** @returns the objects of an app by the file that holds them */
export function appObjects(app: DeployedApp): Record<string, KubernetesObject[]> {
  const { name, spec } = app;
  const secret = secretNameOf(app);
  return {
    'deployment.yaml': [deploymentOf(app), ...servicesOf(app)],
    'service-account.yaml': [serviceAccountOf(name)],
    'disruption-budget.yaml': replicasOf(spec).min < REPLICAS_FOR_BUDGET ? [] : [disruptionBudgetOf(app)],
    'network-policy.yaml': [networkPolicyOf(app)],
    'scaling.yaml': scalersOf(app),
    'kafka-user.yaml': spec.needs.includes('kafka') ? [kafkaUserOf(name, aclsOf(app))] : [],
    'monitor.yaml': [monitorOf(app)],
    'secrets.yaml': secret === undefined ? [] : [externalSecretOf(secret, name, secretsOf(app))],
  };
}
