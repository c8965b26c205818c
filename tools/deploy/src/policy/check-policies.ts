import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { egressProblems } from './egress-policy.ts';
import { environmentProblems } from './environment-policy.ts';
import { aclProblems, topicProblems } from './kafka-policy.ts';
import { podProblems } from './pod-policy.ts';
import type { RealApp } from './real-app.ts';
import { disruptionProblems, scalingProblems } from './scaling-policy.ts';

/**
 * Holds manifests against what the platform needs and what each app's own code does.
 *
 * @param objects  a base, or an overlay as kustomize renders it
 * @param apps     by their code, not by their deploy.yaml: what generates cannot excuse itself
 * @returns what is wrong, one sentence each
 */
export function checkPolicies(objects: readonly KubernetesObject[], apps: readonly RealApp[]): string[] {
  return [
    ...podProblems(objects),
    ...environmentProblems(objects, apps),
    ...scalingProblems(objects, apps),
    ...disruptionProblems(objects, apps),
    ...egressProblems(objects, apps),
    ...aclProblems(objects, apps),
    ...topicProblems(objects),
  ];
}
