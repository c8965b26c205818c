import { expect, test } from '@jest/globals';
import { CatalogUnavailable } from '../../catalog-unavailable.ts';
import { asCatalogError } from './unavailable.ts';

const coded = (code: string, message = 'what the server says') => Object.assign(new Error(message), { code });

test.each([
  ['nobody listens', coded('ECONNREFUSED')],
  ['every address refuses', Object.assign(new AggregateError([coded('ECONNREFUSED')]), { code: 'ECONNREFUSED' })],
  ['the name is not known yet', coded('EAI_AGAIN')],
  ['the server stops', coded('57P01')],
  ['the server starts', coded('57P03')],
  ['the statement took too long', coded('57014')],
  ['too many connections', coded('53300')],
  ['the password is being changed', coded('28P01')],
  ['the database is not made yet', coded('3D000')],
  ['the schema is not migrated yet', coded('42P01')],
  ['a deadlock', coded('40P01')],
  ['a replica', coded('25006')],
  ['the pool has none to give', new Error('timeout exceeded when trying to connect')],
  ['the connection broke', new Error('Connection terminated unexpectedly')],
  ['the server is silent', new Error('Query read timeout')],
])('%s: not now, so try again', (_, error) => {
  const seen = asCatalogError(error);
  expect(seen).toBeInstanceOf(CatalogUnavailable);
  expect(seen).toMatchObject({ code: 'CATALOG_UNAVAILABLE', fate: 'retry', cause: error });
});

test.each([
  ['a wrong statement', coded('42601')],
  ['a column that is not there', coded('42703')],
  ['a value that does not fit', coded('23514')],
  ['a double key', coded('23505')],
  ['a bug of ours', new TypeError('x is not a function')],
  ['no error at all', 'text'],
])('%s: stays what it is, since no wait mends it', (_, error) => {
  expect(asCatalogError(error)).toBe(error);
});

test('what is unavailable already is not wrapped again', () => {
  const error = new CatalogUnavailable('it is a replica');
  expect(asCatalogError(error)).toBe(error);
});
