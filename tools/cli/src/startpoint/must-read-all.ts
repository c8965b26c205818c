import { groupOf, topics } from '@porchlight/contracts';
import type { MustReadAll } from './plan-startpoint.ts';

const INVALIDATOR = groupOf('invalidator');
const VISIBILITY_TOPICS: readonly string[] = [
  topics.mlsRuleChanged.name,
  topics.sellerOverrideChanged.name,
  topics.listingStatusChanged.name,
];

/** Each visibility record hides something; the invalidator is who makes it so. */
export const mustReadAll: MustReadAll = (group, topic) => group === INVALIDATOR && VISIBILITY_TOPICS.includes(topic);
