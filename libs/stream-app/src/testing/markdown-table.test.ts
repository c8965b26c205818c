import { expect, test } from '@jest/globals';
import { markdownTable } from './markdown-table.ts';

const TEXT = `# x

| a | b |
|---|---|
| 1 | 2 |

| code   | what    |
| :----- | ------- |
| \`X\`    | a \\| b |

after`;

test('reads the table whose first cell is asked for, whatever its alignment', () => {
  expect(markdownTable(TEXT)).toEqual([
    ['a', 'b'],
    ['1', '2'],
  ]);
  expect(markdownTable(TEXT, 'code')).toEqual([
    ['code', 'what'],
    ['`X`', 'a \\| b'],
  ]);
});

test('a table that is not there has no rows', () => expect(markdownTable(TEXT, 'nowhere')).toEqual([]));
