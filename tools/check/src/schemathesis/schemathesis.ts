import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError, type Command } from 'commander';
import { openApiGround } from '../bad-input/api-ground.ts';
import type { Check, CheckOptions, CheckResult, Say } from '../check.ts';
import { installSchemathesis } from './install-schemathesis.ts';
import { runPython } from './run-python.ts';

const INSTANCE = 'schemathesis';
const CONFIG = fileURLToPath(new URL('schemathesis.toml', import.meta.url));
const RUN_MS = 15 * 60_000;
const OPERATIONS_MIN = 4;

const wholeFrom = (text: string): number => {
  const whole = Number(text);
  if (!Number.isSafeInteger(whole) || whole < 0) throw new InvalidArgumentError('a whole number.');
  return whole;
};

/** What the last lines of a run say. */
export interface Summary {
  readonly operations: number;
  readonly cases: number;
  readonly failures: number;
}

/** @throws if the run ended without having told */
export function summaryOf(output: string): Summary {
  const operations = /^\s*Tested: (\d+)/m.exec(output)?.[1];
  const cases = /^\s*(\d+) generated/m.exec(output)?.[1];
  const ending = output.trimEnd().split('\n').at(-1) ?? '';
  const count = (what: string): number => Number(new RegExp(`(\\d+) ${what}`).exec(ending)?.[1] ?? 0);
  if (operations === undefined || cases === undefined || !/^=+ .* in [\d.]+s =+$/.test(ending)) {
    throw new Error(`schemathesis did not come to an end: ${output.slice(-2_000)}`);
  }
  return { operations: Number(operations), cases: Number(cases), failures: count('failure') + count('error') };
}

async function runAgainst(url: string, options: CheckOptions, say: Say, signal: AbortSignal): Promise<CheckResult> {
  const folder = await installSchemathesis(say, signal);
  const scratch = await mkdtemp(join(tmpdir(), 'porchlight-schemathesis-'));
  const { examples, seed } = options as { examples: number; seed: number };
  const asked = ['--max-examples', String(examples), '--seed', String(seed), '--output-truncate', 'false'];
  const args = ['--no-color', '--config-file', CONFIG, 'run', `${url}/openapi.json`, ...asked];
  try {
    const { code, output } = await runPython(['-m', 'schemathesis.cli', ...args], {
      timeoutMs: RUN_MS,
      signal,
      cwd: scratch, // it leaves what it has learnt beside itself
      environment: { PYTHONPATH: folder },
    });
    output.trimEnd().split('\n').forEach(say);
    const { operations, cases, failures } = summaryOf(output);
    const passed = code === 0 && failures === 0 && operations >= OPERATIONS_MIN;
    return { passed, figures: { operations, cases, failures, seed } };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** schemathesis against the OpenAPI document of an estimate-api on real servers. */
export const schemathesis: Check = {
  name: 'schemathesis',
  proves:
    'estimate-api is what its OpenAPI document says, for whatever that document lets through and for what it does not',
  configure(command: Command) {
    command
      .option('--examples <count>', 'how many requests are drawn for each operation', wholeFrom, 200)
      .option('--seed <seed>', 'where drawing begins', wholeFrom, 1);
  },
  async run(options: CheckOptions, say: Say, signal: AbortSignal): Promise<CheckResult> {
    const ground = await openApiGround(INSTANCE, say, signal);
    try {
      return await runAgainst(ground.url, options, say, signal);
    } finally {
      await ground.close();
    }
  },
};
