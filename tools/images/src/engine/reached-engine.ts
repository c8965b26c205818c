import { dockerOf, type Docker } from './docker.ts';
import { engineDown, engineIsUp, engineUp } from './engine.ts';

const ASK_MS = 20_000;

export interface ReachedEngine {
  readonly docker: Docker;
  /** Stops it if it was started here; one that ran before goes on. */
  release(): Promise<void>;
}

/**
 * The engine that the machine has, or our own.
 *
 * @param say  is told which
 * @throws {ImageError} ENGINE_NOT_UP
 */
export async function reachEngine(say: (line: string) => void): Promise<ReachedEngine> {
  const machines = dockerOf();
  const version = await machines
    .run(['version', '--format', '{{.Server.Version}}'], { timeoutMs: ASK_MS })
    .catch(() => undefined);
  if (version !== undefined) {
    say(`the machine's container engine, ${version.trim()}`);
    return { docker: machines, release: async () => undefined };
  }
  const ranBefore = await engineIsUp();
  const engine = await engineUp();
  say(`a container engine of our own at ${engine.dockerHost}`);
  return { docker: dockerOf(engine), release: async () => (ranBefore ? undefined : engineDown()) };
}
