import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { describeConfig } from '@porchlight/service';
import { markdownTable } from '@porchlight/stream-app/testing';
import { config } from './config.ts';
import { describeProblems, problems } from './http/problem.ts';

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');

test('the README shows the configuration that the code has', () => {
  expect(markdownTable(readme, 'variable')).toEqual(markdownTable(describeConfig(config)));
});

test('the README shows the problems that the code has', () => {
  expect(markdownTable(readme, 'code')).toEqual(markdownTable(describeProblems()));
});

test('codes are stable: this list is what callers were promised', () => {
  expect(Object.entries(problems).map(([code, { status }]) => `${status} ${code}`)).toEqual([
    '400 invalid-request',
    '400 invalid-json',
    '400 invalid-property-id',
    '400 too-many-ids',
    '400 invalid-deadline',
    '400 invalid-limit',
    '400 invalid-zoom',
    '400 invalid-viewer-role',
    '400 viewport-not-a-number',
    '401 bad-token',
    '403 act-as-forbidden',
    '404 unknown-property',
    '404 unknown-route',
    '405 method-not-allowed',
    '406 not-acceptable',
    '408 request-timeout',
    '413 body-too-large',
    '415 unsupported-media-type',
    '415 unsupported-encoding',
    '422 viewport-beyond-latitude',
    '422 viewport-beyond-longitude',
    '422 viewport-empty',
    '422 viewport-too-wide',
    '422 viewport-too-large',
    '422 zoom-too-far',
    '429 rate-limited',
    '431 header-too-large',
    '500 internal',
    '503 catalog-unavailable',
    '503 identity-unavailable',
    '503 overloaded',
    '503 stopping',
  ]);
});
