export { writeBase } from './base/write-base.ts';
export { DeployError, type DeployErrorCode } from './deploy-error.ts';
export { checkPolicies } from './policy/check-policies.ts';
export { objectsIn } from './policy/objects-in.ts';
export { realAppsOf, type RealApp } from './policy/real-app.ts';
export { rollOut, type RolloutOptions } from './rollout/roll-out.ts';
export { kubectlOf, type Kubectl } from './rollout/kubectl.ts';
export { appsOf } from './spec/repository-apps.ts';
export { readSpec, type DeployedApp, type DeploySpec } from './spec/deploy-spec.ts';
