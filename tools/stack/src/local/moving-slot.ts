import { askRedis } from '../probe/redis.adapter.ts';

const MIGRATE_MS = 2_000;
const KEYS_AT_ONCE = 100;

/** A slot on its way from one primary to another: keys are on both sides until `finish`. */
export interface MovingSlot {
  readonly slot: number;
  /** Takes keys over. @param countMax  how many; default: all that there are now. @returns how many went */
  moveKeys(countMax?: number): Promise<number>;
  /** Takes over what is left, and gives the slot to its new owner. */
  finish(): Promise<void>;
}

interface Side {
  /** host:port */
  readonly address: string;
  /** As the cluster names it. */
  readonly clusterId: string;
}

const setSlot = (at: Side, slot: number, how: string, whose: Side): Promise<unknown> =>
  askRedis(at.address, 'CLUSTER', 'SETSLOT', slot, how, whose.clusterId);

/** Opens a slot for its move: from now on `from` sends what it has no longer to `to`, and a script with keys on both sides is refused. */
export async function openSlot(slot: number, from: Side, to: Side, others: readonly Side[]): Promise<MovingSlot> {
  await setSlot(to, slot, 'IMPORTING', from); // first: nobody is sent to a node that does not expect it
  await setSlot(from, slot, 'MIGRATING', to);
  const moveSome = async (count: number): Promise<number> => {
    const keys = (await askRedis(from.address, 'CLUSTER', 'GETKEYSINSLOT', slot, count)) as string[];
    const [host = '', port = ''] = to.address.split(':');
    if (keys.length > 0) await askRedis(from.address, 'MIGRATE', host, port, '', 0, MIGRATE_MS, 'KEYS', ...keys);
    return keys.length;
  };
  const moveKeys = async (countMax = Number.POSITIVE_INFINITY): Promise<number> => {
    let moved = 0;
    while (moved < countMax) {
      const some = await moveSome(Math.min(KEYS_AT_ONCE, countMax - moved));
      if (some === 0) break;
      moved += some;
    }
    return moved;
  };
  return {
    slot,
    moveKeys,
    async finish() {
      await moveKeys();
      for (const node of [to, from, ...others]) await setSlot(node, slot, 'NODE', to);
    },
  };
}
