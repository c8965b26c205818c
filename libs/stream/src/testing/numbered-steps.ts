import type { StreamApp, TaskDefinition, Topic } from '../port.ts';
import { processing, reading, type TestBed } from './test-bed.ts';

/** A record that says which one it is. */
export interface Step {
  readonly n: number;
}

/** Records `from` to `to` - 1, to be appended. @param more  what all of them have beside the value */
export const steps = (from: number, to: number, more: object = {}) =>
  Array.from({ length: to - from }, (_, index) => ({ value: { n: from + index }, ...more }));

/** `from` to `to` - 1. */
export const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** A member that notes what it processes. */
export async function runMember(
  bed: TestBed,
  input: Topic<Step>,
  more: Partial<TaskDefinition<Step>> = {},
): Promise<{ seen: number[]; app: StreamApp }> {
  const seen: number[] = [];
  const task = processing<Step>(({ value }) => void seen.push(value.n));
  const app = await bed.startMember([reading(input, () => task, more)]);
  return { seen, app };
}

/** Runs a member until it has processed so many, and stops it. */
export async function processAll(
  bed: TestBed,
  input: Topic<Step>,
  count: number,
  more: Partial<TaskDefinition<Step>> = {},
): Promise<number[]> {
  const { seen, app } = await runMember(bed, input, more);
  await bed.eventually(
    () => seen.length,
    (length) => length >= count,
    `${count} records`,
  );
  await app.stop();
  return seen;
}
