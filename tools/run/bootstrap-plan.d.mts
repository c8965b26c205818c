/** The types of bootstrap-plan.mjs, which has to be plain JavaScript; its comments say what each is for. */
export const NODE_MAJOR_MIN: number;
export const entries: Readonly<Record<string, string>>;
export function mustInstall(seen: {
  lockHash: string;
  stamp: string | undefined;
  installedAfterLock: boolean;
}): boolean;
export function chooseNode(seen: {
  pinnedNode: string | undefined;
  hostNode: string;
  hostVersion: string;
  platform: string;
}): { node: string; problem?: undefined } | { problem: string };
export function chooseEntry(
  argv: readonly string[],
): { entry: string; args: string[]; problem?: undefined } | { problem: string };
export function exitCodeOf(code: number | null, signalNumber: number | undefined): number;
