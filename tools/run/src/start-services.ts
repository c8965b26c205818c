import { applyTopics, registerSchemas, replicationFor } from '@porchlight/cli';
import { migrate } from '@porchlight/property-catalog';
import { startStack, type Stack } from '@porchlight/stack';
import { runStep, type Reporter } from './reporter.ts';

const counted = (count: number, what: string) => `${count} ${what}`;

/** The backing services, found or started; each choice is a line. */
export async function stackStep(
  reporter: Reporter,
  options: { instance: string; fresh: boolean; signal: AbortSignal },
): Promise<Stack> {
  const stack = await runStep(reporter, 'backing services', async (progress) => {
    const started = await startStack({
      ...options,
      onProgress: ({ service, phase, detail }) => {
        if (phase === 'note') reporter.note(`  ${service}: ${detail}`);
        else progress(`${service} ${phase}: ${detail}`);
      },
    });
    return { result: started, summary: `data in ${started.folder}` };
  });
  for (const { service, source, address, reason } of stack.choices) {
    reporter.note(`    ${service.padEnd(9)} ${source.padEnd(11)} ${address} (${reason})`);
  }
  return stack;
}

/**
 * Topics, schemas and tables, side by side: each says what it changed, and a second start changes nothing.
 *
 * @returns when the tables are there, for whoever loads them; and when all three are. The first failure rejects `all`
 */
export function contractSteps(reporter: Reporter, stack: Stack): { tables: Promise<void>; all: Promise<unknown> } {
  const tables = tablesStep(reporter, stack);
  const all = Promise.all([topicsStep(reporter, stack), schemasStep(reporter, stack), tables]);
  // Whoever starts them awaits it later; until then a failure is nobody's.
  all.catch(() => undefined);
  return { tables, all };
}

async function topicsStep(reporter: Reporter, stack: Stack): Promise<void> {
  const brokers = stack.kafkaBrokers.split(',');
  await runStep(reporter, 'topics', async () => {
    // The cluster is asked: one address may stand for many brokers.
    const replication = await replicationFor({ brokers });
    const reports = await applyTopics({ brokers, replication });
    const created = reports.filter(({ state }) => state === 'created').length;
    return {
      result: undefined,
      summary: `${counted(created, 'created')}, ${counted(reports.length - created, 'as they were')}`,
    };
  });
}

async function schemasStep(reporter: Reporter, stack: Stack): Promise<void> {
  await runStep(reporter, 'schemas', async () => {
    const { subjects } = await registerSchemas({ registryUrl: stack.schemaRegistryUrl });
    const registered = subjects.filter(({ state }) => state === 'registered').length;
    return {
      result: undefined,
      summary: `${counted(registered, 'registered')}, ${counted(subjects.length - registered, 'as they were')}`,
    };
  });
}

async function tablesStep(reporter: Reporter, stack: Stack): Promise<void> {
  await runStep(reporter, 'migrations', async () => {
    const applied = await migrate({ databaseUrl: stack.databaseUrl });
    return {
      result: undefined,
      summary: applied.length === 0 ? 'nothing to do' : `${counted(applied.length, 'applied')}`,
    };
  });
}
