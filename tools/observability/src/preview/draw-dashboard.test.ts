import { expect, test } from '@jest/globals';
import type { Panel } from '../dashboards/panel.ts';
import { drawPanel, inUnit, legendOf } from './draw-dashboard.ts';

const span = { from: 1_000, to: 1_060, step: 15 };
const panel: Panel = {
  title: 'Lag',
  description: 'Lag.',
  unit: 's',
  runbook: 'x',
  queries: [],
  emptyUntil: 'it rains',
};

test('a legend is filled in from the labels, and a label that is not there is nothing', () => {
  expect(legendOf('{{job}}: {{ topic }}{{none}}', { job: 'a', topic: 'b' })).toBe('a: b');
});

test('values are written in their unit', () => {
  expect([
    inUnit(0.123, 's'),
    inUnit(12, 's'),
    inUnit(0.5, 'percentunit'),
    inUnit(2 ** 21, 'bytes'),
    inUnit(3, 'cps'),
  ]).toEqual(['123 ms', '12 s', '50 %', '2 MiB', '3 /s']);
});

test('a panel shows its lines by name, and one without any says when it will have some', () => {
  const svg = drawPanel(
    panel,
    [
      {
        name: 'forecaster',
        samples: [
          [1_000, 1],
          [1_060, 2],
        ],
      },
    ],
    span,
  );
  expect([svg.includes('forecaster'), svg.includes('empty until')]).toEqual([true, false]);
  expect(drawPanel(panel, [], span)).toContain('empty until it rains');
});
