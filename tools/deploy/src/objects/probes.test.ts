import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startOperationsServer, type OperationsServer } from '@porchlight/service';
import { at } from '../policy/objects-in.ts';
import { appsOf } from '../spec/repository-apps.ts';
import { deploymentOf } from './deployment.ts';

let server: OperationsServer;
beforeAll(async () => {
  server = await startOperationsServer({
    host: '127.0.0.1',
    port: 0,
    verdict: () => ({ notLive: [], notReady: [] }),
    waitingFor: () => [],
    renderMetrics: async () => '',
  });
});
afterAll(() => server.close());

test('every probe asks for a path that the apps answer', async () => {
  const paths = appsOf().flatMap((app) =>
    ['startupProbe', 'livenessProbe', 'readinessProbe'].map((probe) =>
      String(at(deploymentOf(app), `spec.template.spec.containers.0.${probe}.httpGet.path`)),
    ),
  );
  const answers = [...new Set(paths)].map(async (path) => [
    path,
    (await fetch(`http://127.0.0.1:${server.port}${path}`)).status,
  ]);
  expect(await Promise.all(answers)).toEqual([
    ['/livez', 200],
    ['/readyz', 200],
  ]);
});
