import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';

const FILE = new URL('../../../../deploy/security/redis/users.acl', import.meta.url);

/** One shipped user: what stands behind its name. A selector in brackets is one rule. */
export interface RedisUser {
  readonly name: string;
  readonly rules: readonly string[];
}

/** The shipped users. @throws {Error} naming a line that is no user */
export async function readRedisUsers(): Promise<RedisUser[]> {
  const lines = (await readFile(FILE, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [, name, rules] = /^user (\S+) (.+)$/.exec(line) ?? [];
    if (name === undefined || rules === undefined) throw new Error(`no user of Redis: ${line}`);
    return { name, rules: rules.match(/\([^)]*\)|\S+/g) ?? [] };
  });
}

export interface RedisUsers {
  /** The server, as one of the shipped users sees it. */
  readonly urlOf: (name: string) => string;
  /** The key of the flags that these users may know. */
  readonly flagsKey: string;
  /** What the server would say to a command of such a user, without doing it: `OK`, or why not. */
  readonly wouldSay: (name: string, command: readonly string[]) => Promise<string>;
  readonly drop: () => Promise<void>;
}

/** The shipped users on a shared server: under names, and with flags, of one test's own. */
export async function createRedisUsers(redisUrl: string | undefined): Promise<RedisUsers> {
  if (redisUrl === undefined) throw new Error('REDIS_URL is not set: integration tests need a Redis');
  const prefix = `t${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const flagsKey = `${prefix}:flags`;
  const users = await readRedisUsers();
  const admin = new Redis(redisUrl);
  const idOf = (name: string): string => `${prefix}-${name}`;
  for (const { name, rules } of users) {
    const own = rules.map((rule) => rule.replace('porchlight:flags', flagsKey));
    await admin.call('ACL', 'SETUSER', idOf(name), `>${password}`, ...own);
  }
  return {
    flagsKey,
    urlOf(name) {
      const { host } = new URL(redisUrl);
      return `redis://${idOf(name)}:${password}@${host}`;
    },
    wouldSay: async (name, command) => String(await admin.call('ACL', 'DRYRUN', idOf(name), ...command)),
    async drop() {
      await admin.del(flagsKey);
      await admin.call('ACL', 'DELUSER', ...users.map(({ name }) => idOf(name)));
      await admin.quit();
    },
  };
}
