import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HealthVerdict } from './health.ts';

/**
 * Not imported: an import of this module evaluates everything that it offers, WebSocket with all of fetch behind it among
 * that, which is 10 MB resident in every process.
 */
const { createServer } = process.getBuiltinModule('node:http');

export interface OperationsServer {
  readonly host: string;
  /** The port that it got. */
  readonly port: number;
  close(): Promise<void>;
}

export interface OperationsOptions {
  readonly host: string;
  /** 0: any free one */
  readonly port: number;
  readonly verdict: () => HealthVerdict;
  /** What the process waits for, in words. */
  readonly waitingFor: () => readonly string[];
  readonly renderMetrics: () => Promise<string>;
}

const answerJson = (response: ServerResponse, status: number, body: object) => {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
};

async function answer(path: string, response: ServerResponse, options: OperationsOptions): Promise<void> {
  if (path === '/livez') {
    const { notLive } = options.verdict();
    return answerJson(response, notLive.length === 0 ? 200 : 503, { live: notLive.length === 0, failing: notLive });
  }
  if (path === '/readyz') {
    const { notReady } = options.verdict();
    const isReady = notReady.length === 0;
    return answerJson(response, isReady ? 200 : 503, {
      ready: isReady,
      failing: notReady,
      waitingFor: options.waitingFor(),
    });
  }
  if (path !== '/metrics') return answerJson(response, 404, { code: 'NOT_FOUND' });
  const text = await options.renderMetrics();
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  response.end(text);
}

/**
 * /livez, /readyz and /metrics on a port of their own. On node:http, not fastify: three routes are not worth eight
 * megabytes in each of six processes that serve nothing else.
 *
 * @throws the error of listen, as EADDRINUSE, whose message names the address
 */
export async function startOperationsServer(options: OperationsOptions): Promise<OperationsServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    answer(path, response, options).catch(() => answerJson(response, 500, { code: 'UNPLANNED' }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    host: options.host,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
