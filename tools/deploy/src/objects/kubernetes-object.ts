/** What every object of Kubernetes has; the rest is its kind's own. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** When an object is applied: what others stand on; the Jobs that prepare Kafka, registry and database; the apps. */
export type Stage = 'foundation' | 'prepare' | 'apps';
export const stages: readonly Stage[] = ['foundation', 'prepare', 'apps'];
export const STAGE_LABEL = 'porchlight.io/stage';
/** Of a Job: in which order they run. */
export const STEP_LABEL = 'porchlight.io/step';

export const NAME_LABEL = 'app.kubernetes.io/name';
export const PART_OF = { 'app.kubernetes.io/part-of': 'porchlight' };

/** @returns what selects the pods of an app */
export const selectorOf = (name: string) => ({ matchLabels: { [NAME_LABEL]: name } });

/** @returns the labels of an object, by which `kubectl apply -l` tells the stages apart */
export const labelsOf = (name: string, stage: Stage) => ({ [NAME_LABEL]: name, ...PART_OF, [STAGE_LABEL]: stage });
