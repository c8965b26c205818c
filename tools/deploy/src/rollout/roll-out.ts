import { DeployError } from '../deploy-error.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { at, objectsIn } from '../policy/objects-in.ts';
import { jobOutcome, lastWords } from './job-outcome.ts';
import type { Kubectl } from './kubectl.ts';
import { asText, planRollout, type RolloutStep } from './plan-rollout.ts';

export interface RolloutOptions {
  /** A folder with a kustomization. */
  readonly overlay: string;
  readonly kubectl: Kubectl;
  readonly say: (line: string) => void;
  readonly isDryRun?: boolean;
  readonly pollMs?: number;
  /** Ends a pause; tests pass their own. */
  readonly pause?: (ms: number) => Promise<void>;
}

const POLL_MS = 2_000;
/** Above a Job's own deadline of 600 s: it fails first, and says why. */
const JOB_POLLS_MAX = 330;
const ROLLOUT_TIMEOUT = '15m';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const nameOf = ({ kind, metadata }: KubernetesObject): string => `${kind.toLowerCase()}/${metadata.name}`;
const placeOf = ({ metadata }: KubernetesObject): string[] =>
  metadata.namespace === undefined ? [] : ['--namespace', metadata.namespace];

const apply = (kubectl: Kubectl, objects: readonly KubernetesObject[]): Promise<string> =>
  kubectl(['apply', '--server-side', '-f', '-'], asText(objects));

async function reasonOf(kubectl: Kubectl, job: KubernetesObject): Promise<string> {
  const selector = ['-l', `batch.kubernetes.io/job-name=${job.metadata.name}`];
  const pods = JSON.parse(await kubectl(['get', 'pods', ...placeOf(job), ...selector, '-o', 'json'])) as object;
  return lastWords((at(pods, 'items') ?? []) as KubernetesObject[]).join('\n');
}

/**
 * Runs a Job to its end. The one of the last rollout goes first, since a Job cannot be changed; running it again changes nothing that is done.
 *
 * @throws {DeployError} JOB_FAILED with the reason that its process printed; JOB_SILENT
 */
async function run({ kubectl, pollMs = POLL_MS, pause = sleep }: RolloutOptions, job: KubernetesObject): Promise<void> {
  await kubectl(['delete', nameOf(job), ...placeOf(job), '--ignore-not-found', '--wait', '--cascade=foreground']);
  await apply(kubectl, [job]);
  for (let polls = 0; polls < JOB_POLLS_MAX; polls += 1) {
    const outcome = jobOutcome(JSON.parse(await kubectl(['get', nameOf(job), ...placeOf(job), '-o', 'json'])));
    if (outcome.is === 'complete') return;
    if (outcome.is === 'failed')
      throw new DeployError(
        'JOB_FAILED',
        `${job.metadata.name} failed (${outcome.reason}); no app was touched.\n${await reasonOf(kubectl, job)}`.trim(),
      );
    await pause(pollMs);
  }
  throw new DeployError('JOB_SILENT', `${job.metadata.name} has not ended; no app was touched`);
}

const inWords = (step: RolloutStep): string => {
  if (step.does === 'apply') return `apply ${step.stage}: ${step.objects.map(nameOf).join(' ')}`;
  return step.does === 'run' ? `run ${nameOf(step.job)} to its end` : `wait until ${nameOf(step.deployment)} is out`;
};

async function take(options: RolloutOptions, step: RolloutStep): Promise<void> {
  const { kubectl } = options;
  if (step.does === 'apply') await apply(kubectl, step.objects);
  else if (step.does === 'run') await run(options, step.job);
  else {
    const { deployment } = step;
    await kubectl(['rollout', 'status', nameOf(deployment), ...placeOf(deployment), '--timeout', ROLLOUT_TIMEOUT]);
  }
}

/**
 * Rolls an overlay out in order: foundation, each Job and its end, the apps until they are out. Safe to run again, after any failure too.
 *
 * @throws {DeployError} KUBECTL_FAILED, JOB_FAILED, JOB_SILENT: what comes after is not begun
 */
export async function rollOut(options: RolloutOptions): Promise<void> {
  const { overlay, kubectl, say, isDryRun = false } = options;
  const steps = planRollout(objectsIn(await kubectl(['kustomize', overlay])));
  for (const step of steps) {
    say(inWords(step));
    if (!isDryRun) await take(options, step);
  }
}
