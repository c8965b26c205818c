interface Waiting<Request, Answer> {
  readonly requests: readonly Request[];
  readonly resolve: (answers: Answer[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Turns calls of one turn of the event loop into one call with all their requests, in order. It begins after all of them were asked.
 *
 * @param ask  answers each request at its place
 */
export function coalesce<Request, Answer>(
  ask: (requests: readonly Request[]) => Promise<Answer[]>,
): (requests: readonly Request[]) => Promise<Answer[]> {
  let waiting: Waiting<Request, Answer>[] = [];
  const flush = async (): Promise<void> => {
    const asked = waiting;
    waiting = [];
    try {
      const answers = await ask(asked.flatMap(({ requests }) => requests));
      let at = 0;
      for (const { requests, resolve } of asked) resolve(answers.slice(at, (at += requests.length)));
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  };
  return (requests) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(() => void flush());
      waiting.push({ requests, resolve, reject });
    });
}
