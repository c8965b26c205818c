/** What is shown of the kafkajs adapter on a real broker, shown of this one. */
process.env['PORCHLIGHT_KAFKA_CLIENT'] = 'platformatic';
await import('../kafkajs/kafkajs-app.int.test.ts');
