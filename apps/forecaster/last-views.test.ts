import { expect, test } from '@jest/globals';
import { createLastViews } from './last-views.ts';

const view = (west: number) => ({ viewport: { west, south: 0, east: west + 1, north: 1 }, zoom: 17 });

test('knows the last view of each session, and null for one that it has not seen', () => {
  const views = createLastViews();
  views.keep('a', view(1));
  views.keep('b', view(2));
  views.keep('a', view(3));
  expect([views.of('a'), views.of('b'), views.of('c')]).toEqual([view(3), view(2), null]);
});

test('forgets the sessions that moved longest ago', () => {
  const views = createLastViews(2);
  views.keep('a', view(1));
  views.keep('b', view(2));
  views.keep('a', view(3));
  views.keep('c', view(4));
  expect(['a', 'b', 'c'].map((session) => views.of(session))).toEqual([view(3), null, view(4)]);
});

test('keeps of an event no more than where it was', () => {
  const views = createLastViews();
  views.keep('a', Object.assign(view(1), { propertyIds: ['secret'] }));
  expect(views.of('a')).toEqual(view(1));
});
