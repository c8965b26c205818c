import { createHash } from 'node:crypto';

/** One atomic step of the protocol on one home. */
export interface Script {
  readonly name: string;
  readonly lua: string;
  readonly sha: string;
}

export function createScript(name: string, ...parts: readonly string[]): Script {
  const lua = parts.join('');
  return { name, lua, sha: createHash('sha1').update(lua).digest('hex') };
}
