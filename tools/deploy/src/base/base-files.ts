import yaml from 'yaml';
import { dependencies, dependencyNames, hasPlace, placeNameOf, type DependencyName } from '../dependencies.ts';
import { configNameOf, ownVariables } from '../objects/app-variables.ts';
import { kafkaTopics, kafkaUserOf, scalerAcls } from '../objects/kafka-objects.ts';
import { PART_OF, STAGE_LABEL, type KubernetesObject } from '../objects/kubernetes-object.ts';
import { defaultDeny } from '../objects/network-policy.ts';
import { preparationOf, preparations } from '../objects/prepare-jobs.ts';
import type { DeployedApp } from '../spec/deploy-spec.ts';
import { appObjects } from './app-objects.ts';

const HEADER = (source: string): string =>
  `# Generated from ${source} by \`node tools/deploy/src/main.ts generate\`; edit that, not this.\n`;
const CODE = 'tools/deploy and libs/contracts';
const KUSTOMIZATION = 'kustomization.yaml';

/** Text by path inside the base. */
export type BaseFiles = Record<string, string>;

const printed = (source: string, objects: readonly object[]): string =>
  HEADER(source) +
  objects.map((object) => yaml.stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');

const environmentText = (source: string, values: Readonly<Record<string, string>>): string =>
  HEADER(source) +
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

const kustomization = (fields: object) => ({
  apiVersion: 'kustomize.config.k8s.io/v1beta1',
  kind: 'Kustomization',
  ...fields,
});

/** What `kubectl apply -l` tells the stages apart by, on what kustomize makes itself. */
const generatorOptions = { labels: { ...PART_OF, [STAGE_LABEL]: 'foundation' } };

/** The files of a folder that have something in them, and the kustomization that lists them. */
function folderOf(
  folder: string,
  source: string,
  objects: Record<string, KubernetesObject[]>,
  more: object = {},
): BaseFiles {
  const filled = Object.entries(objects).filter(([, each]) => each.length > 0);
  const files = filled.map(([file, each]) => [`${folder}/${file}`, printed(source, each)] as const);
  const list = kustomization({ resources: filled.map(([file]) => file), ...more });
  return { ...Object.fromEntries(files), [`${folder}/${KUSTOMIZATION}`]: printed(source, [list]) };
}

/** kustomize puts the hash of the values behind the name: a changed value is another name, and the pods roll. */
function appFolder(app: DeployedApp): BaseFiles {
  const source = `apps/${app.name}/deploy.yaml`;
  const generator = { generatorOptions, configMapGenerator: [{ name: configNameOf(app.name), envs: ['config.env'] }] };
  return {
    ...folderOf(app.name, source, appObjects(app), generator),
    [`${app.name}/config.env`]: environmentText(source, ownVariables(app)),
  };
}

function placesFolder(): BaseFiles {
  const placed = dependencyNames.filter(hasPlace);
  const fileOf = (name: DependencyName): string => `${name}.env`;
  const list = kustomization({
    generatorOptions,
    configMapGenerator: placed.map((name) => ({ name: placeNameOf(name), envs: [fileOf(name)] })),
  });
  return {
    [`places/${KUSTOMIZATION}`]: printed(CODE, [list]),
    ...Object.fromEntries(
      placed.map((name) => [`places/${fileOf(name)}`, environmentText(CODE, dependencies[name].place)]),
    ),
  };
}

const prepareFolder = (): BaseFiles =>
  folderOf(
    'prepare',
    CODE,
    Object.fromEntries(
      preparations.map((each, index) => [`${index + 1}-${each.name}.yaml`, preparationOf(each, index + 1)]),
    ),
  );

/**
 * The base of kustomize: a folder for each app, and one each for what they share.
 *
 * @param rules  PrometheusRules by file
 * @returns text by path inside deploy/k8s/base
 */
export function baseFiles(apps: readonly DeployedApp[], rules: Record<string, KubernetesObject[]>): BaseFiles {
  const shared = {
    ...placesFolder(),
    ...folderOf('namespace', CODE, { 'default-deny.yaml': [defaultDeny()] }),
    ...folderOf('kafka', CODE, {
      'topics.yaml': kafkaTopics(),
      'scaler-user.yaml': [kafkaUserOf('keda', scalerAcls(apps))],
    }),
    ...prepareFolder(),
    ...(Object.keys(rules).length === 0 ? {} : folderOf('rules', 'deploy/prometheus', rules)),
  };
  const folders = [...Object.keys(shared).map((path) => path.split('/')[0] ?? ''), ...apps.map(({ name }) => name)];
  const top = kustomization({ resources: [...new Set(folders)] });
  return {
    [KUSTOMIZATION]: printed('apps/*/deploy.yaml', [top]),
    ...shared,
    ...Object.assign({}, ...apps.map(appFolder)),
  } as BaseFiles;
}
