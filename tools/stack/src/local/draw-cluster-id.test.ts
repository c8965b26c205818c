import { expect, test } from '@jest/globals';
import { drawClusterId } from './draw-cluster-id.ts';

test('an id that a command line would take for an option is drawn again', () => {
  const draws = ['-lNejZ5XH0OyE8BNR9C3mw', '--NejZ5XH0OyE8BNR9C3mw', 'x-NejZ5XH0OyE8BNR9C3mw'];
  expect(drawClusterId(() => Buffer.from(draws.shift() ?? '', 'base64url'))).toBe('x-NejZ5XH0OyE8BNR9C3mw');
  expect(draws).toEqual([]);
});

test('an id is 16 random bytes', () => {
  const [one, other] = [drawClusterId(), drawClusterId()];
  expect(Buffer.from(one, 'base64url')).toHaveLength(16);
  expect(one).not.toBe(other);
});
