/** The promises on a real broker once more, by the second client. */
process.env['PORCHLIGHT_KAFKA_CLIENT'] = 'platformatic';
await import('./promises.int.test.ts');
