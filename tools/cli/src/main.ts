import { CliError, cliErrors } from './cli-error.ts';
import { createProgram } from './commands.ts';

try {
  await createProgram((text) => console.log(text)).parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CliError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = cliErrors[error.code].exitCode;
}
