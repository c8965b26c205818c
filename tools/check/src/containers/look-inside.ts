/** What the eye inside a container tells. */
interface Look {
  readonly user: number;
  readonly group: number;
  /** Folders in which a file could be made. */
  readonly writable: readonly string[];
}

const CLOSED = ['/', '/app', '/usr', '/etc', '/home', '/var'];
/** Given for writing, and seen to be writable: an eye that can write nowhere says nothing. */
const OPEN = '/tmp';

/** Run inside by the Node that is there: who it is, and where it can write. */
export const LOOK_SCRIPT = `
const { existsSync, writeFileSync } = require('node:fs');
const canWrite = (folder) => {
  try { writeFileSync(folder + '/.porchlight-look', ''); return true; } catch { return false; }
};
const writable = ${JSON.stringify([...CLOSED, OPEN])}.filter((folder) => existsSync(folder) && canWrite(folder));
console.log(JSON.stringify({ user: process.getuid(), group: process.getgid(), writable }));
`;

/** @param said  what the script printed */
export function lookFaults(said: string): string[] {
  const { user, group, writable } = JSON.parse(said) as Look;
  const faults: string[] = [];
  if (user === 0 || group === 0) faults.push(`runs as ${user}:${group}`);
  const open = writable.filter((folder) => folder !== OPEN);
  if (open.length > 0) faults.push(`can write to ${open.join(', ')}`);
  if (open.length === writable.length) faults.push(`cannot write to ${OPEN}: whether the rest is closed is not known`);
  return faults;
}
