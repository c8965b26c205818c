import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { dashboards } from './dashboards/dashboards.ts';
import { staleFiles, writeGeneratedFiles } from './generated-files.ts';
import { drawDashboard } from './preview/draw-dashboard.ts';

const POINTS = 120;
const SECONDS_PER_MINUTE = 60;

const program = new Command('observability').description('Dashboards, rules and their tests, as files of deploy.');

program
  .command('write')
  .description('write deploy/grafana and deploy/prometheus from the code')
  .option('--check', 'write nothing; fail if the committed files are not what the code says')
  .action(async ({ check }: { check?: boolean }) => {
    const touched = check ? await staleFiles() : await writeGeneratedFiles();
    for (const path of touched) process.stdout.write(`${check ? 'differs' : 'written'}: ${path}\n`);
    if (check && touched.length > 0) process.exitCode = 1;
  });

program
  .command('preview')
  .description('draw each dashboard as an SVG from what a Prometheus has seen')
  .requiredOption('--prometheus <url>', 'as http://127.0.0.1:9090')
  .requiredOption('--out <folder>', 'where the pictures go')
  .option('--minutes <number>', 'how far back', '15')
  .option('--window <duration>', 'what a rate is taken over: at least four scrapes', '1m')
  .action(async (options: { prometheus: string; out: string; minutes: string; window: string }) => {
    const to = Math.floor(Date.now() / 1_000);
    const seconds = Number(options.minutes) * SECONDS_PER_MINUTE;
    const span = { from: to - seconds, to, step: Math.max(1, Math.ceil(seconds / POINTS)) };
    await mkdir(options.out, { recursive: true });
    for (const dashboard of dashboards) {
      const file = join(options.out, `${dashboard.uid}.svg`);
      await writeFile(file, await drawDashboard(dashboard, { url: options.prometheus, span, window: options.window }));
      process.stdout.write(`${file}\n`);
    }
  });

await program.parseAsync();
