/** The promises on a real broker once more, by the second client and the group protocol that kafkajs does not speak (KIP-848). */
process.env['PORCHLIGHT_KAFKA_CLIENT'] = 'platformatic-consumer';
await import('./promises.int.test.ts');
