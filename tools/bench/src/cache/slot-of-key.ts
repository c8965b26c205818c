import calculateSlot from 'cluster-key-slot';

/** The slot of a key whose tag has been seen: homes share 128 of them, so the twin looks up what it can. */
const known = new Map<string, number>();

export function slotOfKey(key: string): number {
  const tag = key.slice(key.indexOf('{'), key.indexOf('}') + 1);
  const slot = known.get(tag) ?? calculateSlot(key);
  known.set(tag, slot);
  return slot;
}
