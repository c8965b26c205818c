/** What `INFO` and `CONFIG GET save` say of a server. `save` null: the server does not tell (many hosted ones). */
export interface ServerReport {
  readonly info: string;
  readonly save: string | null;
}

export interface ServerVerdict {
  /** Why the protocol cannot trust this server; null: it can. */
  readonly refusal: string | null;
  /** What an operator should know, though the cache works. */
  readonly warnings: readonly string[];
}

const VERSION_MIN = 7;
/** Others evict keys that have no TTL (the marks), or choose by other rules than the one that was measured. */
const POLICIES = ['volatile-lru', 'noeviction'];

const fieldOf = (info: string, name: string): string | null =>
  new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? null;

function refusalOf(info: string): string | null {
  const role = fieldOf(info, 'role');
  if (role !== null && role !== 'master') {
    return `it is a ${role}; the cache reads and writes primaries only, since a replica shows what was already removed`;
  }
  const version = fieldOf(info, 'redis_version');
  if (version !== null && !(Number.parseInt(version, 10) >= VERSION_MIN)) {
    return `its version is ${version}; ${VERSION_MIN} or newer is needed (one clock inside a script, SET with PXAT)`;
  }
  const policy = fieldOf(info, 'maxmemory_policy');
  if (policy !== null && !POLICIES.includes(policy)) {
    return `its maxmemory-policy is ${policy}; set it to ${POLICIES.join(' or ')}`;
  }
  return null;
}

function warningsOf({ info, save }: ServerReport): string[] {
  const warnings: string[] = [];
  if (save !== null && save !== '') {
    warnings.push(
      `RDB snapshots are on (save "${save}"): after a crash the server comes back with an old memory; turn them off, or use AOF`,
    );
  }
  if (fieldOf(info, 'maxmemory_policy') === 'noeviction' && fieldOf(info, 'maxmemory') !== '0') {
    warnings.push('noeviction with a memory limit: at the limit every fill fails until something expires');
  }
  return warnings;
}

/** Decides at the start whether a server can hold the cache; a field that the server does not tell refuses nothing. */
export const judgeServer = (report: ServerReport): ServerVerdict => ({
  refusal: refusalOf(report.info),
  warnings: warningsOf(report),
});
