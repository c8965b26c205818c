import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { describeService } from './describe-service.ts';

test('the tables stand in the README as they are here', () => {
  expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(describeService());
});
