import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const DRAWS = /from 'fast-check'/;
const isTest = (file: string): boolean => file.endsWith('.test.ts');
const needsServers = (file: string): boolean => /\.(int|e2e)\.test\.ts$/.test(file);

/**
 * Pure: the unit tests that draw at random, themselves or by a file that they import.
 *
 * @param sources  text by file
 */
export function propertyTestsAmong(sources: ReadonlyMap<string, string>): string[] {
  const drawing = [...sources].filter(([, text]) => DRAWS.test(text)).map(([file]) => file);
  const helpers = drawing.filter((file) => !isTest(file)).map((file) => `/${basename(file)}'`);
  return [...sources]
    .filter(([file]) => isTest(file) && !needsServers(file))
    .filter(([, text]) => DRAWS.test(text) || helpers.some((helper) => text.includes(helper)))
    .map(([file]) => file)
    .sort();
}

/** @returns those of the repository, from its folder */
export function propertyTests(repository: string): string[] {
  const files = execFileSync('git', ['ls-files', '*.ts'], { cwd: repository, encoding: 'utf8' }).trim().split('\n');
  const there = files.filter((file) => existsSync(join(repository, file)));
  return propertyTestsAmong(new Map(there.map((file) => [file, readFileSync(join(repository, file), 'utf8')])));
}
