const ANSWER_MS = 5_000;

/**
 * Resolves when the registry lists its subjects.
 *
 * @param url  the Confluent-compatible API's base, e.g. http://127.0.0.1:18081/apis/ccompat/v7
 */
export async function probeRegistry(url: string): Promise<void> {
  const answer = await fetch(`${url.replace(/\/+$/, '')}/subjects`, { signal: AbortSignal.timeout(ANSWER_MS) }).catch(
    (thrown: Error) => {
      throw thrown.cause instanceof Error ? thrown.cause : thrown;
    },
  );
  await answer.body?.cancel();
  if (answer.status !== 200) throw new Error(`GET /subjects answered ${answer.status}`);
}
