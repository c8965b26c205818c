import type { FillRequest } from '../../port.ts';
import type { Episode, Happening } from './happening.ts';
import type { PlayedHistory } from './play-history.ts';

const SECOND_MS = 1_000;

const factsText = (version: number): string => `facts ${version}`;
const estimateText = (version: number | null | undefined, json: unknown): string =>
  json === null ? (version == null ? 'none' : `none (withdrawn as ${version})`) : `estimate ${String(version)}`;

const filledText = (estimate: FillRequest['estimate']): string =>
  estimate === 'unknown' ? 'no estimate known' : estimateText(estimate?.estimateVersion, estimate);

type Tell = { readonly [D in Happening['did']]: (happening: Extract<Happening, { did: D }>) => string };

/** One line for each thing that can happen. */
const tellers: Tell = {
  read: ({ value, verdict }) =>
    value === null
      ? 'reads, and nothing is cached'
      : `reads ${factsText(value.facts.visibilityVersion)} with ${value.isFactsOnly ? 'no estimate known' : estimateText(value.estimateVersion, value.estimateJson)}: ${verdict}`,
  acquire: ({ answer, request }) => {
    const why = request.seenSoftExpiryAt === undefined ? 'ACQUIRE' : 'ACQUIRE to refresh';
    return answer.outcome === 'hit' ? `${why}: hit` : `${why}: ${answer.outcome}, fence ${answer.factsFence}`;
  },
  'read-facts': ({ facts, then }) => `reads ${factsText(facts.visibilityVersion)} from the database: ${then}`,
  recheck: ({ isWorthPaying }) => `looks at the ticket before it pays: ${isWorthPaying ? 'still good' : 'void'}`,
  pay: ({ estimateVersion, lags }) =>
    `pays for ${estimateVersion === null ? 'none' : `estimate ${estimateVersion}`}${lags ? ' (of a server that may lag)' : ''}`,
  fill: ({ request, answer }) =>
    `FILL of ${factsText(request.facts.visibilityVersion)} with ${filledText(request.estimate)}: ${answer.outcome}`,
  touch: ({ version, outcome }) => `TOUCH of ${factsText(version)}: ${outcome}`,
  release: ({ backOff }) => (backOff ? 'RELEASE with back-off: upstream failed' : 'RELEASE'),
  forget: () => 'FORGET: no such home',
  invalidate: ({ version, outcome }) => `INVALIDATE ${version}: ${outcome}, acknowledged`,
  update: ({ change, outcome }) =>
    `UPDATE ${estimateText(change.estimateVersion, change.estimate)}: ${outcome}, acknowledged`,
  die: () => 'dies; what it held stays behind',
  'meet-failure': () => 'meets an upstream that fails',
  'change-facts': ({ version, what }) => `commits ${factsText(version)} (${what})`,
  appraise: ({ version, what }) =>
    `${what === 'revalue' ? 'revalues' : 'withdraws'}: estimate ${version}; some servers lag`,
  publish: ({ versions }) => `publishes estimate ${versions.join(', ')}`,
  rewind: ({ topic, by }) => `crashes before it commits: the last ${by} of ${topic} come again`,
  evict: ({ key }) => `evicts ${key === 'both' ? 'both keys' : key === 'value' ? ':v' : ':m'}`,
  pass: ({ ms }) => (ms < 0 ? `steps back by ${-ms / SECOND_MS} s` : `passes: ${ms / SECOND_MS} s`),
  nothing: () => '',
};

const tellHappening = (happening: Happening): string => (tellers[happening.did] as (h: Happening) => string)(happening);

const isNothing = ({ happening }: Episode): boolean =>
  happening.did === 'nothing' || (happening.did === 'publish' && happening.versions.length === 0);

/** A played history as lines that a reader can follow, the broken promise last. */
export function tellHistory({ violation, episodes }: PlayedHistory): string[] {
  const told = episodes.filter((episode) => !isNothing(episode));
  const homes = new Set(told.map(({ home }) => home));
  const lines = told.map(({ home, who, happening, answer }, at) => {
    const where = homes.size > 1 ? `home ${'ab'[home] ?? home}, ` : '';
    const answered = answer === null ? '' : `; answers from ${factsText(answer.facts.visibilityVersion)}`;
    return `${String(at + 1).padStart(3)}. ${where}${who} ${tellHappening(happening)}${answered}`;
  });
  return violation === null ? lines : [...lines, `     so promise ${violation.promise} is broken: ${violation.what}`];
}
