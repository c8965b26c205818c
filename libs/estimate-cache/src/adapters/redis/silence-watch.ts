import type { Redis } from 'ioredis';

const LOOKS = 4;

/**
 * Tears a connection down whose server has been silent for so long with commands waiting, so that they do not pile up; the
 * next one is made by itself. ioredis can do so (`socketTimeout`), with a timer that is set and cleared for each answer: a
 * twentieth of a GET. Here somebody looks now and then, and no call pays for it.
 *
 * Looks are counted and not milliseconds: a process that stood still finds the answer in its socket after a single look.
 *
 * @param silenceMs  given up on after this, and at most a quarter more
 */
export function watchSilence(redis: Redis, silenceMs: number): void {
  let timer: NodeJS.Timeout | undefined;
  redis.on('connect', () => {
    const { stream } = redis;
    let silentLooks = 0;
    let bytesRead = -1;
    clearInterval(timer);
    timer = setInterval(() => {
      const isSilent = redis.commandQueue.length > 0 && stream.bytesRead === bytesRead;
      silentLooks = isSilent ? silentLooks + 1 : 0;
      // While nothing waits, silence has not begun.
      bytesRead = redis.commandQueue.length > 0 ? stream.bytesRead : -1;
      if (silentLooks === LOOKS)
        stream.destroy(new Error(`silent for ${Math.round(silenceMs)} ms with commands waiting`));
    }, silenceMs / LOOKS).unref();
  });
  redis.on('close', () => clearInterval(timer));
}
