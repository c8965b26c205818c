/** A process that was stopped beyond its session, on this client. */
process.env['PORCHLIGHT_KAFKA_CLIENT'] = 'platformatic';
await import('../kafkajs/kafkajs-zombie.int.test.ts');
