const ASK_MS = 5_000;

/** What /readyz of this process answers; undefined: nobody answers there. */
export async function readyStatusOf(operationsUrl: string): Promise<number | undefined> {
  try {
    const answer = await fetch(`${operationsUrl}/readyz`, { signal: AbortSignal.timeout(ASK_MS) });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return undefined;
  }
}

/** Does this process say that it is ready? */
export const isReady = async (operationsUrl: string): Promise<boolean> => (await readyStatusOf(operationsUrl)) === 200;
