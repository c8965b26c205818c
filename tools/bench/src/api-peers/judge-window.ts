import { judgeHome } from '@porchlight/peer-caches';
import { recordsOf, tells, type HomeHistory, type SeenAnswer } from './seen-home.ts';

export interface WindowVerdict {
  /** Homes that were shown or said to be hidden, each home of a batch for itself. */
  readonly reads: number;
  /** Of them, those that began after a change was acknowledged and show what was before it: facts or estimate. */
  readonly staleReads: number;
  /** Of them, those that show a value that is hidden. */
  readonly hiddenShown: number;
  readonly staleEstimates: number;
  /** The longest time from an acknowledgement to the beginning of such a read. */
  readonly staleMsMax: number;
  readonly changes: number;
}

/** The same judge for everybody (tools/peer-caches): what each home's readers saw, against what was acknowledged. */
export function judgeWindow(histories: readonly HomeHistory[], answers: readonly SeenAnswer[]): WindowVerdict {
  const ofHome = Map.groupBy(answers, ({ home }) => home);
  const verdicts = histories.map((history) => {
    const records = recordsOf(history, ofHome.get(history.home) ?? []);
    const shown = records.filter((record) => record.kind !== 'R' || record.estimate > 0);
    return { ...judgeHome(records, null), hiddenShown: judgeHome(shown, null).staleReads, history };
  });
  const sum = (of: (verdict: (typeof verdicts)[number]) => number): number =>
    verdicts.reduce((total, verdict) => total + of(verdict), 0);
  return {
    reads: answers.filter(tells).length,
    staleReads: sum(({ staleReads, staleEstimates }) => staleReads + staleEstimates),
    hiddenShown: sum(({ hiddenShown }) => hiddenShown),
    staleEstimates: sum(({ staleEstimates }) => staleEstimates),
    staleMsMax: Math.max(0, ...verdicts.map((each) => Math.max(each.staleMsMax, each.staleEstimateMsMax))),
    changes: sum(({ history }) => history.acknowledged.length),
  };
}
