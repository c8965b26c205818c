import { Problem } from './problem.ts';
import { eventStream, ndjson, type StreamFormat } from './stream-format.ts';

/** One of the forms that an answer has; `stream` null: one JSON document. */
interface Offer {
  readonly type: string;
  readonly stream: StreamFormat | null;
}

/** In the order in which they are preferred where a caller has no preference. */
const offers: readonly Offer[] = [
  { type: 'application/json', stream: null },
  { type: eventStream.contentType, stream: eventStream },
  { type: ndjson.contentType, stream: ndjson },
];

/** What answers may be asked for as. */
export const OFFERED_TYPES: readonly string[] = offers.map(({ type }) => type);

interface Range {
  readonly type: string;
  readonly quality: number;
}

const QUALITY = /^\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*$/i;
const MEDIA_RANGE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+$/;

/**
 * In which form a caller wants the answer. Nothing said, or nothing that is understood: JSON.
 *
 * Of the forms with the highest quality the one that is named most exactly is taken, so that `text/event-stream, *\/*` streams;
 * then JSON before streams, so that whoever names both gets what every client understands.
 *
 * @returns null: one JSON document
 * @throws {Problem} not-acceptable, if none of the forms is
 * @source RFC 9110, 12.5.1: a caller that takes none of them is told so, rather than given what it cannot read
 */
export function streamFormatOf(accept: string | undefined): StreamFormat | null {
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return null;
  const ranges = accept.split(',').flatMap(rangeIn);
  if (ranges.length === 0) return null;
  const [best] = offers
    .map((offer) => ({ offer, ...preferenceFor(offer.type, ranges) }))
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality || other.exactness - one.exactness); // stable: else the order of offers
  if (best === undefined) throw new Problem('not-acceptable', `this is answered as ${OFFERED_TYPES.join(', ')}`);
  return best.offer.stream;
}

function rangeIn(element: string): Range[] {
  const [named = '', ...parameters] = element.split(';');
  const type = named.trim().toLowerCase();
  if (!MEDIA_RANGE.test(type)) return [];
  const qualities = parameters.flatMap((parameter) => QUALITY.exec(parameter)?.[1] ?? []);
  return [{ type, quality: Number(qualities[0] ?? 1) }];
}

/** The quality of the range that names a type most exactly; 0: not acceptable. */
function preferenceFor(type: string, ranges: readonly Range[]): { quality: number; exactness: number } {
  const names = ['*/*', `${type.slice(0, type.indexOf('/'))}/*`, type];
  let [quality, exactness] = [0, -1];
  for (const range of ranges) {
    const exact = names.indexOf(range.type);
    if (exact < 0 || exact < exactness) continue;
    quality = exact === exactness ? Math.max(quality, range.quality) : range.quality;
    exactness = exact;
  }
  return { quality, exactness };
}
