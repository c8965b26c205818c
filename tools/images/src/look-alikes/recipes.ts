import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerParts } from '@porchlight/stack';
import { runProgram } from '../engine/run-program.ts';
import { ImageError } from '../image-error.ts';

const ASK_MS = 20_000;
const files = fileURLToPath(new URL('./files', import.meta.url));
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** An image under a public name, made of what the local servers are made of. */
export interface Recipe {
  readonly image: string;
  /** Puts its own files on top of the small Debian. */
  fill(root: string, parts: ServerParts): Promise<void>;
  /** Programs outside of the image whose libraries it needs from this machine. */
  readonly linkedLike: (parts: ServerParts) => readonly string[];
  /** Folders that a user of the image writes, with that user's number. */
  readonly owned: Readonly<Record<string, number>>;
  /** As `docker import --change` takes them. */
  readonly changes: readonly string[];
}

async function script(root: string, name: string, as: string): Promise<void> {
  await mkdir(dirname(join(root, as)), { recursive: true });
  await cp(join(files, name), join(root, as));
  await chmod(join(root, as), 0o755);
}

const copy = (from: string, to: string): Promise<void> => cp(from, to, { recursive: true, verbatimSymlinks: true });

const nodeBinary = (): string =>
  join(
    dirname(createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`)),
    'bin',
    'node',
  );

/** Of the npm on PATH, which is a link to its script. */
async function npmFolder(): Promise<string> {
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'npm'));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new ImageError('COMMAND_FAILED', 'there is no npm on PATH');
  return join(dirname(await realpath(found)), '..');
}

/**
 * npm with this machine's registry and certificates: where packages come through a proxy, a project's Dockerfile must not
 * have to know of it.
 */
async function fillNpm(root: string): Promise<void> {
  const target = join(root, 'usr/local/lib/node_modules/npm');
  await cp(await npmFolder(), target, { recursive: true, dereference: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
  const setting = async (name: string) =>
    (await runProgram('npm', ['config', 'get', name], { timeoutMs: ASK_MS })).trim().split('\n').at(-1) ?? '';
  const certificates = [
    await setting('cafile'),
    process.env.NODE_EXTRA_CA_CERTS ?? '',
    '/etc/ssl/certs/ca-certificates.crt',
  ];
  const found = certificates.find((path) => path !== '' && existsSync(path));
  const lines = [`registry=${await setting('registry')}`, 'update-notifier=false', 'fund=false', 'audit=false'];
  await mkdir(join(root, 'usr/local/etc'), { recursive: true });
  if (found) {
    await cp(found, join(root, 'usr/local/etc/host-ca.pem'), { dereference: true });
    lines.push('cafile=/usr/local/etc/host-ca.pem');
  }
  await writeFile(join(root, 'usr/local/etc/npmrc'), `${lines.join('\n')}\n`);
}

const node: Recipe = {
  image: 'node:24-bookworm-slim',
  linkedLike: () => [nodeBinary()],
  async fill(root) {
    await mkdir(join(root, 'usr/local/bin'), { recursive: true });
    await cp(nodeBinary(), join(root, 'usr/local/bin/node'));
    await fillNpm(root);
  },
  owned: {},
  changes: [`ENV PATH=${PATH}`, 'CMD ["node"]'],
};

const redis: Recipe = {
  image: 'redis:7-alpine',
  linkedLike: ({ redisServer }) => [redisServer],
  async fill(root, { redisServer }) {
    await mkdir(join(root, 'usr/local/bin'), { recursive: true });
    await cp(redisServer, join(root, 'usr/local/bin/redis-server'));
    await script(root, 'redis-cli.sh', 'usr/local/bin/redis-cli');
  },
  owned: { data: 998 },
  changes: [`ENV PATH=${PATH}`, 'USER 998', 'WORKDIR /data', 'VOLUME /data', 'EXPOSE 6379', 'CMD ["redis-server"]'],
};

const postgres: Recipe = {
  image: 'postgres:17',
  linkedLike: ({ postgresHome }) => ['postgres', 'initdb'].map((name) => join(postgresHome, 'bin', name)),
  async fill(root, { postgresHome }) {
    await copy(postgresHome, join(root, 'usr/lib/postgresql'));
    await script(root, 'postgres-run.sh', 'usr/local/bin/docker-entrypoint.sh');
    await script(root, 'pg_isready.sh', 'usr/local/bin/pg_isready');
  },
  owned: { 'var/lib/postgresql/data': 999 },
  changes: [
    `ENV PATH=/usr/lib/postgresql/bin:${PATH}`,
    'USER 999',
    'VOLUME /var/lib/postgresql/data',
    'EXPOSE 5432',
    'ENTRYPOINT ["docker-entrypoint.sh"]',
    'CMD ["postgres"]',
  ],
};

const JAVA = '/opt/java';
const javaPath = `ENV PATH=${JAVA}/bin:${PATH}`;

const kafka: Recipe = {
  image: 'apache/kafka:4.1.0',
  linkedLike: ({ javaHome }) => [join(javaHome, 'bin', 'java'), join(javaHome, 'lib', 'server', 'libjvm.so')],
  async fill(root, { javaHome, kafkaJars }) {
    await copy(javaHome, join(root, JAVA));
    await copy(kafkaJars, join(root, 'opt/kafka/libs'));
    await cp(join(files, 'log4j2.properties'), join(root, 'opt/kafka/log4j2.properties'));
    await script(root, 'kafka-run.sh', 'etc/kafka/docker/run');
  },
  owned: { 'var/lib/kafka/data': 1001 },
  changes: [javaPath, 'USER 1001', 'VOLUME /var/lib/kafka/data', 'EXPOSE 9092', 'CMD ["/etc/kafka/docker/run"]'],
};

const registry: Recipe = {
  image: 'apicurio/apicurio-registry:3.3.3',
  linkedLike: kafka.linkedLike,
  async fill(root, { javaHome, registryApp }) {
    await copy(javaHome, join(root, JAVA));
    await copy(registryApp, join(root, 'deployments'));
    await script(root, 'registry-run.sh', 'usr/local/bin/registry-run.sh');
  },
  owned: {},
  changes: [javaPath, 'USER 1001', 'WORKDIR /deployments', 'EXPOSE 8080', 'ENTRYPOINT ["registry-run.sh"]'],
};

/** Every image that deploy/ and tools/stack name. */
export const recipes: readonly Recipe[] = [node, redis, postgres, kafka, registry];
