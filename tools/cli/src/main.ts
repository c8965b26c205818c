import { ContractError } from '@porchlight/contracts';
import { CliError, cliErrors } from './cli-error.ts';
import { createProgram } from './commands.ts';
import { processTerminal } from './terminal/terminal.ts';

const terminal = processTerminal();

/** A registry that is away is met in the middle of a tail too, by the client of the contracts. */
const asCliError = (error: unknown): CliError | undefined => {
  if (error instanceof CliError) return error;
  if (error instanceof ContractError && error.code === 'REGISTRY_UNAVAILABLE')
    return new CliError(
      'REGISTRY_UNREACHABLE',
      `${error.message}: is it running, and is SCHEMA_REGISTRY_URL right?`,
      error,
    );
  return undefined;
};

try {
  await createProgram(terminal).parseAsync(process.argv);
} catch (error) {
  const known = asCliError(error);
  if (known === undefined) throw error;
  terminal.say(`${known.code}: ${known.message}`);
  process.exitCode = cliErrors[known.code].exitCode;
}
