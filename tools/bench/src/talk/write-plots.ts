import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { armNames, settingOf, type ArmName, type WarmUpTuning } from './arms.ts';
import { drawPlot } from './draw-plot.ts';
import { plotPoints, sharedScale } from './plot-lines.ts';
import { TALK_KINDS, type SeenCall, type TalkKind } from './seen-calls.ts';
import type { TalkFigures } from './talk-figures.ts';
import { talkSaid } from './talk-said.ts';

export interface PlotsOptions {
  /** Made if it is not there. */
  readonly folder: string;
  /** Calls of all rounds of each arm, the warm-up's too. */
  readonly seen: Readonly<Record<ArmName, readonly SeenCall[]>>;
  readonly figures: TalkFigures;
  readonly tuning: WarmUpTuning;
  readonly bucketS: number;
  /** Where in the plan the arms begin. */
  readonly fromS: number;
  readonly warmUpS: number;
  readonly measuredS: number;
}

const MS_A_SECOND = 1_000;
const whatOf: Readonly<Record<TalkKind, string>> = { single: 'Single get', multi: 'Map' };
const fileOf: Readonly<Record<ArmName, string>> = {
  before: 'before',
  after: 'after',
  afterEvents: 'after-events',
};

/** Writes a plot for each kind and arm; plots of one kind have one scale. @returns the files */
export async function writePlots(options: PlotsOptions): Promise<string[]> {
  const { folder, seen, figures, tuning, bucketS, fromS, warmUpS, measuredS } = options;
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  for (const kind of TALK_KINDS) {
    const pointsOf = (arm: ArmName) =>
      plotPoints(
        seen[arm].filter((call) => call.kind === kind),
        { fromMs: fromS * MS_A_SECOND, bucketMs: bucketS * MS_A_SECOND },
      );
    const scale = sharedScale(armNames.map(pointsOf));
    for (const arm of armNames) {
      const { p50Ms, p90Ms, calls, hitRate } = figures[kind][arm];
      const svg = drawPlot({
        title: `${whatOf[kind]}, ${settingOf(arm, tuning).title}`,
        subtitle: `p50 ${p50Ms} ms, p90 ${p90Ms} ms, ${(hitRate * 100).toFixed(1)} % hits over ${calls} calls; lines: p50 and p90 of each ${bucketS} s`,
        points: pointsOf(arm),
        talk: talkSaid[kind][arm === 'before' ? 'before' : 'after'],
        scale,
        warmUpS,
        totalS: warmUpS + measuredS,
      });
      const file = join(folder, `${kind}-${fileOf[arm]}.svg`);
      await writeFile(file, svg);
      files.push(file);
    }
  }
  return files;
}
