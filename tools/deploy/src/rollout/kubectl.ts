import { spawn } from 'node:child_process';
import { DeployError } from '../deploy-error.ts';

/**
 * Runs kubectl once.
 *
 * @param input  what it reads from its standard input
 * @returns what it printed @throws {DeployError} KUBECTL_FAILED with what it said
 */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

export interface KubectlOptions {
  /** Path or name of the program. */
  readonly kubectl: string;
  readonly context?: string;
}

/** @returns kubectl, in a context of its configuration */
export function kubectlOf({ kubectl, context }: KubectlOptions): Kubectl {
  return (args, input = '') =>
    new Promise((resolve, reject) => {
      const words = context === undefined ? args : ['--context', context, ...args];
      const child = spawn(kubectl, words, { stdio: ['pipe', 'pipe', 'pipe'] });
      const out: Buffer[] = [];
      const said: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
      child.stdin.on('error', () => undefined); // it ended before it read all: its own words say why
      const failed = (why: string) =>
        reject(new DeployError('KUBECTL_FAILED', `kubectl ${args.join(' ')}: ${why.trim()}`));
      child.once('error', ({ message }) => failed(message));
      child.once('close', (code) =>
        code === 0 ? resolve(Buffer.concat(out).toString()) : failed(Buffer.concat(said).toString() || `exit ${code}`),
      );
      child.stdin.end(input);
    });
}
