import calculateSlot from 'cluster-key-slot';

/** The slots of tags that have been seen: homes share 128 of them, so the twin looks up what it can. */
const known = new Map<string, number>();

export function slotOfKey(key: string): number {
  const opens = key.indexOf('{');
  if (opens === -1) return calculateSlot(key);
  const tag = key.slice(opens, key.indexOf('}') + 1);
  const slot = known.get(tag) ?? calculateSlot(key);
  known.set(tag, slot);
  return slot;
}
