import { Option, type Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { examine } from '../doctor/examine.ts';
import { printFindings } from '../doctor/print-findings.ts';
import { sayMany } from '../terminal/say-span.ts';
import type { Terminal } from '../terminal/terminal.ts';
import {
  brokersOption,
  cacheOptions,
  cachePlaceOf,
  catalogOption,
  example,
  jsonOption,
  registryOption,
  replicationOption,
  type CacheOptions,
} from './options.ts';

interface DoctorOptions extends CacheOptions {
  readonly brokers: string[];
  readonly replication?: number;
  readonly registry: string;
  readonly databaseUrl: string;
  readonly upstreamUrl?: string;
  readonly json?: boolean;
}

/** `porchlight doctor` */
export function addDoctor(program: Command, terminal: Terminal): void {
  const command = program
    .command('doctor')
    .description(
      'look at every dependency and say how to mend what is wrong; changes nothing; exit 1 if anything fails',
    )
    .addOption(brokersOption())
    .addOption(replicationOption())
    .addOption(registryOption())
    .addOption(catalogOption());
  for (const option of cacheOptions()) command.addOption(option);
  command
    .addOption(new Option('--upstream-url <url>', 'the paid API; nothing is asked that is billed').env('UPSTREAM_URL'))
    .addOption(jsonOption())
    .addHelpText('after', example('npx porchlight doctor', 'npx porchlight doctor --replication 3 --json'))
    .action(async (options: DoctorOptions) => {
      const { brokers, replication, registry: registryUrl, databaseUrl, upstreamUrl } = options;
      const findings = await examine({
        brokers,
        registryUrl,
        databaseUrl,
        cache: cachePlaceOf(options),
        ...(replication !== undefined && { replication }),
        ...(upstreamUrl !== undefined && { upstreamUrl }),
      });
      const isColoured = terminal.isScreen && (process.env['NO_COLOR'] ?? '') === '';
      terminal.print(options.json === true ? JSON.stringify(findings) : printFindings(findings, isColoured));
      const wrong = findings.filter(({ state }) => state === 'fail');
      if (wrong.length > 0)
        throw new CliError(
          'DOCTOR_FAILED',
          `${sayMany(wrong.length, 'check')} failed: ${wrong.map(({ check }) => check).join(', ')}`,
        );
    });
}
