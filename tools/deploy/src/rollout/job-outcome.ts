import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { at, listAt } from '../policy/objects-in.ts';

/** How a Job stands. */
export type JobOutcome =
  { readonly is: 'complete' } | { readonly is: 'running' } | { readonly is: 'failed'; readonly reason: string };

/** @returns how a Job stands, by its conditions: the words of its controller */
export function jobOutcome(job: unknown): JobOutcome {
  const conditions = listAt(job, 'status.conditions').filter((each) => at(each, 'status') === 'True');
  const failed = conditions.find((each) => at(each, 'type') === 'Failed');
  if (failed !== undefined)
    return { is: 'failed', reason: `${String(at(failed, 'reason'))}: ${String(at(failed, 'message'))}` };
  return { is: conditions.some((each) => at(each, 'type') === 'Complete') ? 'complete' : 'running' };
}

/** @returns the last words of each container of a Job's pods that ended badly: what its process printed before it gave up */
export function lastWords(pods: readonly KubernetesObject[]): string[] {
  const states = pods.flatMap((pod) => listAt(pod, 'status.containerStatuses'));
  const ends = states.flatMap((state) => [at(state, 'state.terminated'), at(state, 'lastState.terminated')]);
  const words = ends
    .filter((end) => end !== undefined && at(end, 'exitCode') !== 0)
    .map((end) => {
      const message = at(end, 'message');
      return typeof message === 'string' ? message.trim() : `exit ${String(at(end, 'exitCode'))}`;
    });
  return [...new Set(words)];
}
