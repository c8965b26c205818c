import { describe, expect, test } from '@jest/globals';
import { schemas } from '@porchlight/contracts';
import { incompatibilitiesOf } from './compatibility.ts';

type Field = { name: string; type: unknown; default?: unknown };
const recordOf = (...fields: Field[]) => ({ type: 'record', name: 'Thing', namespace: 'porchlight.test', fields });
const id: Field = { name: 'id', type: 'string' };
const note: Field = { name: 'note', type: 'string' };
const noteWithDefault: Field = { ...note, default: '' };
const levelOf = (symbols: string[], standard?: string): Field => ({
  name: 'level',
  type: { type: 'enum', name: 'Level', symbols, ...(standard === undefined ? {} : { default: standard }) },
});

const against = (older: object, newer: object, level: 'FULL_TRANSITIVE' | 'BACKWARD_TRANSITIVE') =>
  incompatibilitiesOf(newer, [{ version: 1, id: 1, schema: older }], level).map((why) => why.split(':')[0]);

const NEW_READERS = 'new readers cannot read records of version 1';
const OLD_READERS = 'readers of version 1 cannot read new records';

describe.each([
  ['the same', recordOf(id), recordOf(id), []],
  ['a field with a default', recordOf(id), recordOf(id, noteWithDefault), []],
  ['a field without one', recordOf(id), recordOf(id, note), [NEW_READERS]],
  ['a field less that had a default', recordOf(id, noteWithDefault), recordOf(id), []],
  ['a field less that had none', recordOf(id, note), recordOf(id), [OLD_READERS]],
  [
    'an int that becomes long',
    recordOf({ name: 'n', type: 'int' }),
    recordOf({ name: 'n', type: 'long' }),
    [OLD_READERS],
  ],
  [
    'a symbol more, with a default',
    recordOf(levelOf(['unknown', 'a'], 'unknown')),
    recordOf(levelOf(['unknown', 'a', 'b'], 'unknown')),
    [],
  ],
  ['a symbol more, without one', recordOf(levelOf(['a'])), recordOf(levelOf(['a', 'b'])), [OLD_READERS]],
  [
    'another namespace',
    recordOf(id),
    { ...recordOf(id), namespace: 'porchlight.elsewhere' },
    [NEW_READERS, OLD_READERS],
  ],
])('%s', (_, older, newer, left) => {
  test('under FULL, both ways count', () => {
    expect(against(older, newer, 'FULL_TRANSITIVE')).toEqual(left);
  });
  test('under BACKWARD, only new readers do', () => {
    expect(against(older, newer, 'BACKWARD_TRANSITIVE')).toEqual(left.filter((who) => who === NEW_READERS));
  });
});

test('every schema of ours gets on with itself', () => {
  for (const schema of Object.values(schemas))
    expect(incompatibilitiesOf(schema, [{ version: 1, id: 1, schema }], 'FULL_TRANSITIVE')).toEqual([]);
});
