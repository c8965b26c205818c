/** One combined broker and controller. */
export interface KafkaNode {
  id: number;
  port: number;
  controllerPort: number;
}

/**
 * A broker that has crashed is refused by the controller until its old session has run out, so this is the time that a
 * restart waits. 9 s (Kafka's default) is long for a person; below 3 s a busy two-core machine fences a healthy broker.
 */
const BROKER_SESSION_MS = 3_000;
const BROKER_HEARTBEAT_MS = 500;
const HOST = '127.0.0.1';

/** `key=value` lines of server.properties for one node of a cluster of 1 or 3. Replication is 1 on one node, else 3 with 2 in sync. */
export function kafkaProperties(node: KafkaNode, nodes: KafkaNode[], logFolder: string): string {
  const replicas = nodes.length;
  const inSync = Math.max(1, replicas - 1);
  const voters = nodes.map((each) => `${each.id}@${HOST}:${each.controllerPort}`).join(',');
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': node.id,
    'controller.quorum.voters': voters,
    listeners: `PLAINTEXT://${HOST}:${node.port},CONTROLLER://${HOST}:${node.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${HOST}:${node.port}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': logFolder,
    'num.partitions': 1,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': 4,
    // Nobody waits three seconds for a second member on a laptop.
    'group.initial.rebalance.delay.ms': 0,
    // Topics are made by `topics apply` alone; a misspelt name must fail.
    'auto.create.topics.enable': false,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'num.recovery.threads.per.data.dir': 1,
    'background.threads': 4,
    'log.cleaner.threads': 1,
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    'broker.session.timeout.ms': BROKER_SESSION_MS,
    'broker.heartbeat.interval.ms': BROKER_HEARTBEAT_MS,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
