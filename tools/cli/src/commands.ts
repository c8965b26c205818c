import { Command } from 'commander';
import { addCache } from './commands/cache-command.ts';
import { addCompletion } from './commands/completion-command.ts';
import { addDlq } from './commands/dlq-command.ts';
import { addDoctor } from './commands/doctor-command.ts';
import { addExplain } from './commands/explain-command.ts';
import { addFlags } from './commands/flags-command.ts';
import { addGroups } from './commands/groups-command.ts';
import { databaseUrlOption, dryRunOption, example, jsonOption, registryOption } from './commands/options.ts';
import { addInvalidate } from './commands/invalidate-command.ts';
import { addStartpoint } from './commands/startpoint-command.ts';
import { addStatus } from './commands/status-command.ts';
import { addTopics } from './commands/topics-command.ts';
import { addWarm } from './commands/warm-command.ts';
import { migrateDatabase } from './database/migrate-database.ts';
import { printMigration, printSchemas } from './print.ts';
import { listSchemas, registerSchemas } from './schemas/register-schemas.ts';
import type { Terminal } from './terminal/terminal.ts';

interface SchemaOptions {
  readonly registry: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

interface DatabaseOptions {
  readonly databaseUrl: string;
  readonly json?: boolean;
}

function addSchemas(program: Command, { print }: Terminal): void {
  const schemas = program.command('schemas').description('the subjects of the schema registry');
  schemas
    .command('register')
    .description(
      'set compatibility levels, register the schemas that are missing, verify all; a second time changes nothing',
    )
    .addOption(registryOption())
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .addHelpText('after', example('npx porchlight schemas register --dry-run'))
    .action(async (options: SchemaOptions) => {
      const report = await registerSchemas({ registryUrl: options.registry, dryRun: options.dryRun === true });
      print(options.json === true ? JSON.stringify(report) : printSchemas(report));
    });
  schemas
    .command('list')
    .description('show the subjects; changes nothing')
    .addOption(registryOption())
    .addOption(jsonOption())
    .addHelpText('after', example('npx porchlight schemas list'))
    .action(async (options: SchemaOptions) => {
      const report = await listSchemas({ registryUrl: options.registry });
      print(options.json === true ? JSON.stringify(report) : printSchemas(report));
    });
}

function addDatabase(program: Command, { print }: Terminal): void {
  const database = program.command('database').description('the property database');
  database
    .command('migrate')
    .description('bring the schema porchlight up to date; a second time changes nothing')
    .addOption(databaseUrlOption())
    .addOption(jsonOption())
    .addHelpText('after', example('npx porchlight database migrate'))
    .action(async (options: DatabaseOptions) => {
      const report = await migrateDatabase(options);
      print(options.json === true ? JSON.stringify(report) : printMigration(report));
    });
}

/** The command line, talking to `terminal`. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('porchlight').description("The operators' command line of Porchlight.");
  addDatabase(program, terminal);
  addTopics(program, terminal);
  addSchemas(program, terminal);
  addGroups(program, terminal);
  addStartpoint(program, terminal);
  addDlq(program, terminal);
  addFlags(program, terminal);
  addStatus(program, terminal);
  addDoctor(program, terminal);
  addExplain(program, terminal);
  addInvalidate(program, terminal);
  addWarm(program, terminal);
  addCache(program, terminal);
  addCompletion(program);
  return program;
}
