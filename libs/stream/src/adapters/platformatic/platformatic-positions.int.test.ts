/** Positions in a topic with transactions, on this client. */
process.env['PORCHLIGHT_KAFKA_CLIENT'] = 'platformatic';
await import('../kafkajs/kafkajs-positions.int.test.ts');
