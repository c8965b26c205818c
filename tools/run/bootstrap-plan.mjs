/**
 * What has to happen before a command can run: decided from what is there, without looking at anything itself.
 * Plain JavaScript that Node 18 understands, like all of the bootstrap.
 */

export const NODE_MAJOR_MIN = 24;

/** Where each command begins, from the top of the repository. */
export const entries = {
  start: 'tools/run/src/start.ts',
  test: 'tools/verify/src/main.ts',
  bench: 'tools/bench/src/main.ts',
  check: 'tools/check/src/main.ts',
};

/**
 * @param {object} seen
 * @param {string} seen.lockHash        of package-lock.json
 * @param {string | undefined} seen.stamp  the lock's hash at the last installation by us, if there was one
 * @param {boolean} seen.installedAfterLock  npm itself says that it installed after the lock file was last written
 * @returns {boolean} whether `npm ci` has to run
 */
export function mustInstall({ lockHash, stamp, installedAfterLock }) {
  // Somebody who ran `npm ci` by hand has no stamp: npm's own record is believed once.
  return stamp === undefined ? !installedAfterLock : stamp !== lockHash;
}

/**
 * Which Node runs the command.
 *
 * @param {object} seen
 * @param {string | undefined} seen.pinnedNode  the path of the pinned one, if its package is installed
 * @param {string} seen.hostNode                the path of the one that runs this
 * @param {string} seen.hostVersion             as `process.versions.node`
 * @param {string} seen.platform                as `linux-x64`
 * @returns {{ node: string } | { problem: string }}
 */
export function chooseNode({ pinnedNode, hostNode, hostVersion, platform }) {
  if (pinnedNode !== undefined) return { node: pinnedNode };
  if (Number.parseInt(hostVersion, 10) >= NODE_MAJOR_MIN) return { node: hostNode };
  return {
    problem:
      `Porchlight runs on Node ${NODE_MAJOR_MIN}. No Node is pinned for ${platform}, and this one is ${hostVersion}: ` +
      `install Node ${NODE_MAJOR_MIN} or newer and run the command again.`,
  };
}

/**
 * What to run.
 *
 * @param {string[]} argv  what follows `bootstrap.mjs`
 * @returns {{ entry: string, args: string[] } | { problem: string }}
 */
export function chooseEntry([command, ...rest]) {
  if (command === 'exec' && rest[0] !== undefined) return { entry: rest[0], args: rest.slice(1) };
  if (command !== undefined && Object.hasOwn(entries, command)) return { entry: entries[command], args: rest };
  const known = [...Object.keys(entries), 'exec <file>'].join(' | ');
  return { problem: `usage: node tools/run/bootstrap.mjs <${known}> [arguments]` };
}

/** The exit code of a process that ended so, as a shell would give it. */
export function exitCodeOf(code, signalNumber) {
  return code ?? 128 + (signalNumber ?? 1);
}
