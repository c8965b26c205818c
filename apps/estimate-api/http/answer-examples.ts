import { Problem, problemDocument, problems, type ProblemCode } from './problem.ts';

/** What answers look like, for readers of the document: a tool would make up a home that is unknown and has an estimate. */

const available = {
  propertyId: '1000102',
  status: 'available',
  estimate: { valueUsd: 512_000, lowUsd: 486_000, highUsd: 538_000, computedAt: 1_700_000_000_000 },
};
const restricted = { propertyId: '1200019', status: 'restricted', requiredRole: 'agent' };

export const answerExamples = {
  single: available,
  batch: { results: [available, restricted], pending: 0 },
  map: { homes: [{ latitude: 47.6, longitude: -122.3, result: available }], truncated: false, pending: 0 },
  density: { tiles: [{ tile: '16/10504/22886', count: 120 }] },
} as const;

const codesOf = (status: number): ProblemCode[] =>
  (Object.keys(problems) as ProblemCode[]).filter((code) => problems[code].status === status);

/** A problem document of each code that a status may have, by code. */
export const problemExamplesOf = (status: number) =>
  Object.fromEntries(
    codesOf(status).map((code) => [
      code,
      { value: JSON.parse(problemDocument(new Problem(code), '0af76519-16cd-43dd-8448-eb211c80319c')) as object },
    ]),
  );

/** The codes of a status and what they mean, as a list. */
export const problemsOf = (status: number): string =>
  codesOf(status)
    .map((code) => `- \`${code}\`: ${problems[code].title}`)
    .join('\n');
