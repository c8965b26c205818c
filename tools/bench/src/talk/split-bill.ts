import type { LoggedCall } from '@porchlight/upstream-simulator';
import type { Bill } from '../no-cache-bill.ts';
import type { SeenCall, TalkKind } from './seen-calls.ts';

/** What nobody waits for: warm-ups, and refreshes of what is still served. */
const BACKGROUND_LANE = 'background';

export type BillByKind = Readonly<Record<TalkKind, Bill>>;

/**
 * Says for what the seller's billed requests were made. Pure; the two parts add up to the whole.
 *
 * A home of a call was paid for by a single get if one for that very home was under way when the seller was asked; everything
 * else belongs to the map: its misses, and all that goes in the background, since warm-ups are made for the map alone. A request that
 * carries homes of both (misses of one moment share a call) is divided as its homes are.
 */
export function splitBill(
  calls: readonly Pick<LoggedCall, 'askedAt' | 'lane' | 'propertyIds'>[],
  seen: readonly SeenCall[],
): BillByKind {
  const opened = new Map<string, SeenCall[]>();
  for (const each of seen) {
    if (each.call.kind !== 'single') continue;
    const { propertyId } = each.call;
    opened.set(propertyId, [...(opened.get(propertyId) ?? []), each]);
  }
  const isOfSingle = (propertyId: string, askedAt: number): boolean =>
    (opened.get(propertyId) ?? []).some(({ meantAt, endedAt }) => meantAt <= askedAt && askedAt <= endedAt);
  const single = { billedRequests: 0, billedItems: 0 };
  const multi = { billedRequests: 0, billedItems: 0 };
  for (const { askedAt, lane, propertyIds } of calls) {
    const ofSingle =
      lane === BACKGROUND_LANE ? 0 : propertyIds.filter((propertyId) => isOfSingle(propertyId, askedAt)).length;
    single.billedItems += ofSingle;
    multi.billedItems += propertyIds.length - ofSingle;
    single.billedRequests += ofSingle / propertyIds.length;
    multi.billedRequests += 1 - ofSingle / propertyIds.length;
  }
  return { single, multi };
}
