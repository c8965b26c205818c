import { dependencies, dependencyNames, hasPlace, placeNameOf } from '../dependencies.ts';
import { configNameOf, ownVariables } from '../objects/app-variables.ts';
import { kafkaTopics, kafkaUserOf, scalerAcls } from '../objects/kafka-objects.ts';
import { labelsOf, type KubernetesObject } from '../objects/kubernetes-object.ts';
import { defaultDeny } from '../objects/network-policy.ts';
import { preparationOf, preparations } from '../objects/prepare-jobs.ts';
import type { DeployedApp } from '../spec/deploy-spec.ts';
import { appObjects } from './app-objects.ts';

const configMap = (name: string, owner: string, data: Readonly<Record<string, string>>): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels: labelsOf(owner, 'foundation') },
  data,
});

/** @returns every object of the base, the ConfigMaps as kustomize would make them but for the hash: what policies look at without a kustomize */
export function baseObjects(apps: readonly DeployedApp[]): KubernetesObject[] {
  return [
    defaultDeny(),
    ...dependencyNames.filter(hasPlace).map((name) => configMap(placeNameOf(name), 'places', dependencies[name].place)),
    ...kafkaTopics(),
    kafkaUserOf('keda', scalerAcls(apps)),
    ...preparations.flatMap((each, index) => preparationOf(each, index + 1)),
    ...apps.flatMap((app) => [
      configMap(configNameOf(app.name), app.name, ownVariables(app)),
      ...Object.values(appObjects(app)).flat(),
    ]),
  ];
}
