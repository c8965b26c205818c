/** Why nothing was written, or why a rollout stopped. */
export type DeployErrorCode =
  'SPEC_INVALID' | 'MANIFESTS_DIFFER' | 'POLICY_BROKEN' | 'KUBECTL_FAILED' | 'JOB_FAILED' | 'JOB_SILENT';

/** An error that is for people: its message says what to do. */
export class DeployError extends Error {
  override readonly name = 'DeployError';
  readonly code: DeployErrorCode;
  constructor(code: DeployErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
