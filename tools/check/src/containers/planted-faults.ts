import { Readable } from 'node:stream';
import { checkImage, ImageError, type Docker } from '@porchlight/images';
import type { Say } from '../check.ts';

const BUILD_MS = 120_000;

/** One line on top of a sound image, and what the refusal must say. */
const planted: Readonly<Record<string, { readonly line: string; readonly says: RegExp }>> = {
  'runs-as-root': { line: 'USER 0', says: /runs as "0"/ },
  'no-health-check': { line: 'HEALTHCHECK NONE', says: /no health check/ },
  'shell-in-front': { line: 'ENTRYPOINT node /app/main.js', says: /starts with \["\/bin\/sh"/ },
  'no-revision': { line: 'LABEL org.opencontainers.image.revision=""', says: /lacks the labels revision/ },
};

/**
 * Images with a fault each, made on the engine from a sound one.
 *
 * @returns the faults that were not refused
 */
export async function plantedFaults(docker: Docker, sound: string, say: Say): Promise<string[]> {
  const missed: string[] = [];
  for (const [name, { line, says }] of Object.entries(planted)) {
    const image = `porchlight/planted-${name}:check`;
    const input = Readable.from([`FROM ${sound}\n${line}\n`]);
    await docker.run(['build', '--tag', image, '-'], { timeoutMs: BUILD_MS, input });
    const refusal = await checkImage(docker, image, 'app').catch((thrown: unknown) => thrown);
    await docker.run(['image', 'rm', image]);
    const isRefused = refusal instanceof ImageError && refusal.code === 'IMAGE_REFUSED' && says.test(refusal.message);
    say(`  planted ${name}: ${isRefused ? 'refused' : `NOT refused (${String(refusal)})`}`);
    if (!isRefused) missed.push(name);
  }
  return missed;
}
