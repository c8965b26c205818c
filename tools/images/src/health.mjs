// Asks the app beside it whether it is ready, for the HEALTHCHECK of its image: there is no curl and no shell in it.
import { request } from 'node:http';

const port = process.env.METRICS_PORT || '9464';
const HEALTH_MS = 2_000;
const asked = request({ host: '127.0.0.1', port, path: '/readyz', timeout: HEALTH_MS }, (answer) => {
  process.exit(answer.statusCode === 200 ? 0 : 1);
});
asked.on('timeout', () => process.exit(1));
asked.on('error', () => process.exit(1));
asked.end();
