import { existsSync } from 'node:fs';
import type { Engine } from './engine.ts';
import { runProgram, type ProgramOptions } from './run-program.ts';

const ASK_MS = 60_000;

/** The commands of one engine. */
export interface Docker {
  /** What a child that speaks to this engine finds in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly client: string;
  /** @throws {ImageError} COMMAND_FAILED */
  run(args: readonly string[], options?: Partial<ProgramOptions>): Promise<string>;
  /** @returns a field of an image, or undefined if it is not there */
  imageField(image: string, format: string): Promise<string | undefined>;
}

/** @param engine  ours; without one, what DOCKER_HOST or the machine gives */
export function dockerOf(engine?: Engine): Docker {
  // Debian's client builds by BuildKit without a plugin; a newer one brings its own.
  const client = engine?.client ?? (existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker');
  const environment = { DOCKER_BUILDKIT: '1', ...(engine ? { DOCKER_HOST: engine.dockerHost } : {}) };
  const run: Docker['run'] = (args, options = {}) =>
    runProgram(client, args, {
      timeoutMs: ASK_MS,
      ...options,
      environment: { ...environment, ...options.environment },
    });
  return {
    client,
    environment,
    run,
    imageField: (image, format) =>
      run(['image', 'inspect', '--format', format, image]).then(
        (text) => text.trim(),
        () => undefined,
      ),
  };
}
