/** What has to be closed at the end, in the reverse order of its opening. */
export interface Closers {
  add(name: string, close: () => Promise<void>): void;
  /**
   * Closes everything once, the last first; one that fails does not keep the others open. A second call gets the first
   * one's promise, so a second signal does no harm.
   *
   * @returns what could not be closed, in words
   */
  closeAll(): Promise<string[]>;
}

export function createClosers(): Closers {
  const open: { name: string; close: () => Promise<void> }[] = [];
  let closing: Promise<string[]> | undefined;
  const closeAll = async () => {
    const failures: string[] = [];
    for (let next = open.pop(); next; next = open.pop()) {
      const { name, close } = next;
      await close().catch((thrown: unknown) => failures.push(`${name}: ${String(thrown)}`));
    }
    return failures;
  };
  return {
    add: (name, close) => void open.push({ name, close }),
    closeAll: () => (closing ??= closeAll()),
  };
}
