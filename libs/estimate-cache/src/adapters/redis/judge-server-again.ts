import { judgeServer, type ServerReport } from './judge-server.ts';

/** How often a server that was taken at the start is looked at again. */
const SERVER_LOOK_MS = 60_000;

/**
 * Looks again at a server that was taken at the start: an operator may change its policy while it runs, and behind the same
 * address another one may have taken its place.
 *
 * Nothing stops: by the marks and tickets the protocol holds also where marks are evicted (they count as missing, and hits
 * are checked) and on a replica (it refuses every script that writes). It is an alert, told once for each new reason.
 *
 * @param onRefused told why this server would not have been taken at the start
 * @returns         one look; a server that does not answer says nothing of itself
 */
export function createServerWatch(
  reportOf: () => Promise<ServerReport>,
  onRefused: (reason: string) => void,
): () => Promise<void> {
  let told: string | null = null;
  return async () => {
    const report = await reportOf().catch(() => null);
    if (report === null) return;
    const { refusal } = judgeServer(report);
    if (refusal !== null && refusal !== told) onRefused(refusal);
    told = refusal;
  };
}

/** Looks every SERVER_LOOK_MS; keeps no process alive. @returns ends it */
export function lookRepeatedly(look: () => void): () => void {
  const timer = setInterval(look, SERVER_LOOK_MS).unref();
  return () => clearInterval(timer);
}
