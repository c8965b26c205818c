import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Estimate } from '@porchlight/contracts';

export interface SocketUpstream {
  readonly url: string;
  /** What it knows; homes that are not in it are missing. */
  readonly estimates: Map<string, Estimate>;
  /** The ids of each call. */
  readonly calls: string[][];
  /** Answers no more until it is false again. */
  isHanging: boolean;
  close(): Promise<void>;
}

/** A small upstream (design.md section 5) on a real socket, on 127.0.0.1. */
export async function startSocketUpstream(): Promise<SocketUpstream> {
  const estimates = new Map<string, Estimate>();
  const calls: string[][] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { propertyIds } = JSON.parse(Buffer.concat(chunks).toString()) as { propertyIds: string[] };
      calls.push(propertyIds);
      if (upstream.isHanging) return;
      const known = propertyIds.flatMap((propertyId) => {
        const estimate = estimates.get(propertyId);
        return estimate === undefined ? [] : [{ propertyId, ...estimate }];
      });
      response.end(JSON.stringify({ estimates: known, missing: propertyIds.filter((id) => !estimates.has(id)) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const upstream: SocketUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    estimates,
    calls,
    isHanging: false,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return upstream;
}
