import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StackError } from '../stack-error.ts';

export interface Account {
  uid: number;
  gid: number;
}

/** PostgreSQL refuses to run as root, so root lends it one of these accounts. None is ever created. */
const accounts = ['postgres', 'nobody'];

/** An account of /etc/passwd. */
export function accountOf(name: string, passwd: string): Account | undefined {
  const fields = passwd
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.split(':');
  return fields ? { uid: Number(fields[2]), gid: Number(fields[3]) } : undefined;
}

/** The account to run PostgreSQL as; undefined when we are an ordinary user and simply are it. */
export function postgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = readFileSync('/etc/passwd', 'utf8');
  for (const name of accounts) {
    const account = accountOf(name, passwd);
    if (account) return account;
  }
  throw new StackError(
    'PLATFORM_UNSUPPORTED',
    `PostgreSQL does not run as root, and there is no account ${accounts.join(' or ')} to lend it: run as an ordinary user, or give a running PostgreSQL in DATABASE_URL.`,
  );
}

function mayEnter(folder: string, account: Account): boolean {
  const { uid, gid, mode } = statSync(folder);
  if (uid === account.uid) return (mode & 0o100) !== 0;
  return (mode & (gid === account.gid ? 0o010 : 0o001)) !== 0;
}

/** Whether the account may pass through every folder down to this one (a clone in a private home or `mktemp -d` may not be passed). */
export function mayReach(folder: string, account: Account): boolean {
  for (let each = folder; ; each = dirname(each)) {
    if (!mayEnter(each, account)) return false;
    if (each === dirname(each)) return true;
  }
}

const setprivPlaces = ['/usr/bin/setpriv', '/bin/setpriv', '/usr/local/bin/setpriv'];

/**
 * How root starts a command as another account. Where that account may not pass through a private folder above the data
 * or the program, it keeps the one capability to do so (util-linux's setpriv); no folder's mode is changed.
 */
export function commandAs(
  account: Account | undefined,
  folders: string[],
  command: string,
  args: string[],
): { command: string; args: string[]; runAs?: Account } {
  if (account === undefined) return { command, args };
  if (folders.every((folder) => mayReach(folder, account))) return { command, args, runAs: account };
  const setpriv = setprivPlaces.find((place) => existsSync(place));
  if (setpriv === undefined) {
    throw new StackError(
      'PLATFORM_UNSUPPORTED',
      `PostgreSQL does not run as root, and the account lent to it may not enter ${folders.join(' or ')}: move the checkout to a folder that others may enter, run as an ordinary user, or give a running PostgreSQL in DATABASE_URL.`,
    );
  }
  const identity = [
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
  ];
  return { command: setpriv, args: [...identity, command, ...args] };
}
