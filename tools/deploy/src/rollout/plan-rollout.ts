import yaml from 'yaml';
import { STAGE_LABEL, stages, STEP_LABEL, type KubernetesObject, type Stage } from '../objects/kubernetes-object.ts';
import { DeployError } from '../deploy-error.ts';

/** One thing that is done before the next begins. */
export type RolloutStep =
  | { readonly does: 'apply'; readonly stage: Stage; readonly objects: readonly KubernetesObject[] }
  | { readonly does: 'run'; readonly job: KubernetesObject }
  | { readonly does: 'wait'; readonly deployment: KubernetesObject };

const stageOf = ({ kind, metadata }: KubernetesObject): Stage => {
  const stage = metadata.labels?.[STAGE_LABEL] as Stage | undefined;
  if (stage !== undefined && stages.includes(stage)) return stage;
  throw new DeployError('SPEC_INVALID', `${kind} ${metadata.name} has no label ${STAGE_LABEL}: ${stages.join(', ')}`);
};

const stepOf = ({ metadata }: KubernetesObject): number => Number(metadata.labels?.[STEP_LABEL] ?? 0);

/** A namespace before what is in it. */
const namespacesFirst = (objects: readonly KubernetesObject[]): KubernetesObject[][] =>
  [objects.filter(({ kind }) => kind === 'Namespace'), objects.filter(({ kind }) => kind !== 'Namespace')].filter(
    (part) => part.length > 0,
  );

/**
 * The order of a rollout: what all stand on, then one Job after the other, then the apps.
 *
 * @param objects  an overlay, rendered
 * @throws {DeployError} SPEC_INVALID: an object says no stage
 */
export function planRollout(objects: readonly KubernetesObject[]): RolloutStep[] {
  const inStage = (stage: Stage) => objects.filter((object) => stageOf(object) === stage);
  const foundation = namespacesFirst(inStage('foundation'));
  const jobs = inStage('prepare').sort((a, b) => stepOf(a) - stepOf(b));
  const apps = inStage('apps');
  return [
    ...foundation.map((part): RolloutStep => ({ does: 'apply', stage: 'foundation', objects: part })),
    ...jobs.map((job): RolloutStep => ({ does: 'run', job })),
    ...(apps.length === 0 ? [] : [{ does: 'apply', stage: 'apps', objects: apps } as const]),
    ...apps
      .filter(({ kind }) => kind === 'Deployment')
      .map((deployment): RolloutStep => ({ does: 'wait', deployment })),
  ];
}

/** @returns objects as `kubectl apply -f -` reads them */
export const asText = (objects: readonly KubernetesObject[]): string =>
  objects.map((object) => yaml.stringify(object)).join('---\n');
