const BATCH_MAX = 500;
const FILL_LANES = 4;
const FILL_LIMIT_MS = 300_000;
const DEADLINE_MS = 5_000;

export interface BatchAnswer {
  readonly pending: number;
  readonly results: readonly { readonly propertyId: string; readonly status: string }[];
}

export async function batchGet(
  apiUrl: string,
  propertyIds: readonly string[],
  deadlineMs = DEADLINE_MS,
): Promise<BatchAnswer> {
  const response = await fetch(`${apiUrl}/v1/estimates:batchGet`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ propertyIds, deadlineMs }),
  });
  if (!response.ok) throw new Error(`batchGet: ${response.status} ${await response.text()}`);
  return (await response.json()) as BatchAnswer;
}

/** Fills the cache by asking, until nothing is pending. */
export async function fillByAsking(apiUrl: string, propertyIds: readonly string[], signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + FILL_LIMIT_MS;
  let at = 0;
  const lane = async (): Promise<void> => {
    while (at < propertyIds.length) {
      const part = propertyIds.slice(at, (at += BATCH_MAX));
      while ((await batchGet(apiUrl, part)).pending > 0) {
        signal.throwIfAborted();
        if (performance.now() > giveUpAt) throw new Error(`the cache did not fill within ${FILL_LIMIT_MS} ms`);
      }
    }
  };
  await Promise.all(Array.from({ length: FILL_LANES }, lane));
}
