import type { Outcome } from './steps.ts';

export const totalsOf = (outcomes: readonly Outcome[]): Outcome => ({
  passed: outcomes.reduce((sum, each) => sum + each.passed, 0),
  failed: outcomes.reduce((sum, each) => sum + each.failed, 0),
  skipped: outcomes.reduce((sum, each) => sum + each.skipped, 0),
});

export const sumOf = ({ passed, failed, skipped }: Outcome): number => passed + failed + skipped;

/** The line that ends `npm test`; skipped tests are named only where there are some. */
export const lastLine = ({ passed, failed, skipped }: Outcome): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
