import { keptCacheFlags, redisArguments } from '../redis-flags.ts';

/** One service as a container: everything that differs between them. */
export interface ContainerPlan {
  service: 'kafka' | 'registry' | 'redis' | 'postgres';
  image: string;
  containerPort: number;
  hostPort: number;
  environment: Record<string, string>;
  command?: string[];
  user?: string;
  /** Where in the container the data lives; a named volume is mounted there. Undefined for a service that keeps none. */
  dataPath?: string;
  /** The line of its log that says that it serves. */
  readyLog: RegExp;
}

const HEAP = '-Xms64m -Xmx256m';

/**
 * Kafka has to know the address under which it is reached, so its port on the host is fixed before it starts. The full
 * set of KRaft settings is given: the image uses its own defaults only when it is given none.
 */
export function kafkaPlan({ hostPort, clusterId }: { hostPort: number; clusterId: string }): ContainerPlan {
  const dataPath = '/var/lib/kafka/data';
  return {
    service: 'kafka',
    image: 'apache/kafka:4.1.0',
    containerPort: 9092,
    hostPort,
    dataPath,
    user: 'root',
    readyLog: /Kafka Server started/,
    environment: {
      CLUSTER_ID: clusterId,
      KAFKA_HEAP_OPTS: HEAP,
      KAFKA_LOG_DIRS: dataPath,
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9092,BROKER://0.0.0.0:9095,CONTROLLER://0.0.0.0:9094',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${hostPort},BROKER://localhost:9095`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'BROKER',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9094',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '8',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '4',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    },
  };
}

export function redisPlan({ hostPort }: { hostPort: number }): ContainerPlan {
  return {
    service: 'redis',
    image: 'redis:7-alpine',
    containerPort: 6379,
    hostPort,
    dataPath: '/data',
    readyLog: /Ready to accept connections/,
    environment: {},
    command: ['redis-server', ...redisArguments({ 'protected-mode': 'no', ...keptCacheFlags })],
  };
}

export function postgresPlan({ hostPort, password }: { hostPort: number; password: string }): ContainerPlan {
  return {
    service: 'postgres',
    image: 'postgres:17',
    containerPort: 5432,
    hostPort,
    dataPath: '/var/lib/postgresql/data',
    // The image says so twice when it makes its database: the probe that follows has the last word.
    readyLog: /database system is ready to accept connections/,
    environment: { POSTGRES_USER: 'porchlight', POSTGRES_PASSWORD: password, POSTGRES_DB: 'porchlight' },
    command: ['postgres', '-c', 'max_connections=200', '-c', 'timezone=UTC'],
  };
}

export function registryPlan({
  hostPort,
  storage,
}: {
  hostPort: number;
  storage: Record<string, string>;
}): ContainerPlan {
  return {
    service: 'registry',
    image: 'apicurio/apicurio-registry:3.3.3',
    containerPort: 8080,
    hostPort,
    readyLog: /Listening on: http/,
    environment: { ...storage, JAVA_OPTIONS: HEAP },
  };
}
