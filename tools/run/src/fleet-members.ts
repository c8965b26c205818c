/** The apps of Porchlight, and the paid API's simulator: every process that is started beside the backing services. */
export const appNames = [
  'estimate-api',
  'forecaster',
  'request-filter',
  'data-fetcher',
  'data-writer',
  'invalidator',
  'catalog-relay',
] as const;
export type AppName = (typeof appNames)[number];

export const simulatorName = 'upstream-simulator';
export type MemberName = AppName | typeof simulatorName;

export const memberNames: readonly MemberName[] = [simulatorName, ...appNames];

/** What Node runs, from the top of the repository. */
export const scriptOf = (member: MemberName): string =>
  member === simulatorName ? 'tools/upstream-simulator/src/main.ts' : `apps/${member}/main.ts`;

/** The same in a build, from its top. */
export const builtScriptOf = (member: MemberName): string => scriptOf(member).replace(/\.ts$/, '.js');
