import { defaultFreshnessPolicy, feedMarkOf, type MarkReading } from '@porchlight/estimate-cache';
import type { RelayProgress } from '@porchlight/property-catalog';
import { sayMany, saySpan } from '../terminal/say-span.ts';
import { failed, passed, warned, type Finding } from './finding.ts';

const { feedStaleMs } = defaultFreshnessPolicy;

/** catalog-relay says each second up to when every change is in Kafka. */
export function judgeRelay(progress: RelayProgress | null): Finding {
  const mend =
    'start catalog-relay, and look at its log: changes do not reach Kafka, and hits are checked in the database';
  if (progress === null) return failed('relay', 'catalog-relay has never finished a round', mend);
  const ageMs = progress.readAt - progress.publishedUntilAt;
  const found = `every change is in Kafka up to ${saySpan(ageMs)} ago`;
  return ageMs > feedStaleMs ? failed('relay', found, mend) : passed('relay', found);
}

/** The invalidator says in each bucket of Redis up to when changes are applied there. */
export function judgeMarks(readings: readonly (MarkReading | null)[], progress: RelayProgress | null): Finding {
  const mend =
    'npx porchlight groups invalidator: is it there, and does it get on? Until then hits are checked in the database';
  const away = readings.filter((reading) => reading === null).length;
  if (away > 0)
    return failed(
      'marks',
      `${sayMany(away, 'bucket')} of ${readings.length} not reached`,
      'is every shard of Redis up?',
    );
  if (progress === null) return failed('marks', 'cannot be judged before catalog-relay has finished a round', mend);
  const marks = readings.map((reading) => reading && feedMarkOf(reading, progress));
  const unmarked = marks.filter((mark) => mark === null).length;
  if (unmarked > 0)
    return failed('marks', `${sayMany(unmarked, 'bucket')} of ${readings.length} that nobody has marked`, mend);
  const lowestAt = Math.min(...marks.flatMap((mark) => (mark === null ? [] : [mark.watermarkAt])));
  const ageMs = progress.readAt - lowestAt;
  const found = `changes are applied in all ${readings.length} buckets up to ${saySpan(ageMs)} ago`;
  if (ageMs > feedStaleMs) return failed('marks', found, mend);
  return ageMs > feedStaleMs / 2 ? warned('marks', found, mend) : passed('marks', found);
}
