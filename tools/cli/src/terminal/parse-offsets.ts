const PAIR = /^(\d{1,6})=(\d{1,16})$/;

/**
 * @param text `0=123,1=456`: partition=offset
 * @returns offsets by partition; undefined if it is not that, or names a partition twice
 */
export function parseOffsets(text: string): ReadonlyMap<number, number> | undefined {
  const offsets = new Map<number, number>();
  for (const part of text.split(',')) {
    const [, partition, offset] = PAIR.exec(part.trim()) ?? [];
    if (partition === undefined || !Number.isSafeInteger(Number(offset)) || offsets.has(Number(partition)))
      return undefined;
    offsets.set(Number(partition), Number(offset));
  }
  return offsets;
}
