import type { HomeResult, Question } from '../reading/index.ts';
import type { HomesInView } from '../map/map-homes.ts';
import { placedJson, resultJson } from './result-json.ts';
import type { StreamedAnswer } from './stream-answer.ts';
import type { StreamFormat } from './stream-format.ts';

type OnEnd = StreamedAnswer['onEnd'];

/** A batch as a stream: the very results of its JSON answer, each in an event of its own. */
export const batchStream = (format: StreamFormat, question: Question, onEnd: OnEnd): StreamedAnswer => ({
  route: 'batch',
  format,
  question,
  event: 'result',
  jsonOf: resultJson,
  endMembers: {},
  onEnd,
});

/** A map as a stream: the very homes of its JSON answer. */
export function mapStream(
  format: StreamFormat,
  question: Question,
  { homes, truncated }: HomesInView,
  onEnd: OnEnd,
): StreamedAnswer {
  const places = new Map(homes.map((home) => [home.propertyId, home]));
  const jsonOf = (result: HomeResult): string => {
    const { latitude = 0, longitude = 0 } = places.get(result.propertyId) ?? {};
    return placedJson({ latitude, longitude, result });
  };
  return { route: 'map', format, question, event: 'home', jsonOf, endMembers: { truncated }, onEnd };
}
