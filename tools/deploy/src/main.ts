import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { checkBase, writeBase } from './base/write-base.ts';
import { DeployError } from './deploy-error.ts';
import { checkPolicies } from './policy/check-policies.ts';
import { objectsIn } from './policy/objects-in.ts';
import { realAppsOf } from './policy/real-app.ts';
import { kubectlOf } from './rollout/kubectl.ts';
import { rollOut } from './rollout/roll-out.ts';
import { appsOf } from './spec/repository-apps.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function check(file: string | undefined): Promise<void> {
  const rendered = file === undefined || file === '-' ? await text(process.stdin) : readFileSync(file, 'utf8');
  const objects = objectsIn(rendered);
  const problems = checkPolicies(objects, await realAppsOf(appsOf()));
  if (problems.length > 0)
    throw new DeployError(
      'POLICY_BROKEN',
      `${problems.length} problems:\n${problems.map((each) => `  ${each}`).join('\n')}`,
    );
  say(`${objects.length} objects, no problem`);
}

const program = new Command('deploy').description("Porchlight's manifests: made, checked, rolled out");
program
  .command('generate')
  .description('write deploy/k8s/base from apps/*/deploy.yaml')
  .option('--check', 'write nothing; fail if anything would change')
  .action((options: { check?: boolean }) => {
    if (options.check === true) return checkBase();
    const changed = writeBase();
    say(changed.length === 0 ? 'nothing changes' : changed.join('\n'));
  });
program
  .command('check [file]')
  .description('hold rendered manifests (kubectl kustomize deploy/k8s/overlays/production) against the policies')
  .action(check);
program
  .command('rollout <overlay>')
  .description('apply an overlay: foundation, then each Job and its end, then the apps until they are out')
  .option('--context <name>', 'the context of kubectl')
  .option('--kubectl <path>', 'the kubectl to use', 'kubectl')
  .option('--dry-run', 'say what would be applied in which order')
  .action((overlay: string, options: { context?: string; kubectl: string; dryRun?: boolean }) =>
    rollOut({ overlay, kubectl: kubectlOf(options), say, isDryRun: options.dryRun === true }),
  );

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof DeployError)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
}
