import { expect, test } from '@jest/globals';
import type { SessionView } from '@porchlight/contracts';
import type { KeyValueStore } from '@porchlight/stream';
import { createLastViews } from './last-views.ts';

const view = (west: number) => ({ viewport: { west, south: 0, east: west + 1, north: 1 }, zoom: 17, viewedAt: west });

/** A store as a task has it, without expiry. */
function createStore(): { store: KeyValueStore<SessionView>; kept: Map<string, SessionView> } {
  const kept = new Map<string, SessionView>();
  const store: KeyValueStore<SessionView> = {
    get approximateSize() {
      return kept.size;
    },
    get: (key) => kept.get(key),
    put: (key, value) => void kept.set(key, value),
    delete: (key) => void kept.delete(key),
    range: () => kept.entries(),
  };
  return { store, kept };
}

test('knows the last view of each session, and null for one that it has not seen', () => {
  const views = createLastViews(createStore().store);
  views.keep('a', view(1));
  views.keep('b', view(2));
  views.keep('a', view(3));
  const { viewport, zoom } = view(3);
  expect([views.of('a'), views.of('c')]).toEqual([{ viewport, zoom }, null]);
});

test('counts the views of a session, and keeps of an event no more than where and when it was', () => {
  const { store, kept } = createStore();
  const views = createLastViews(store);
  views.keep('a', view(1));
  views.keep('a', Object.assign(view(2), { propertyIds: ['secret'] }));
  expect([...kept]).toEqual([['a', { ...view(2), viewCount: 2 }]]);
});

test('a record without a key belongs to no session', () => {
  const { store, kept } = createStore();
  const views = createLastViews(store);
  views.keep(null, view(1));
  expect([views.of(null), kept.size]).toEqual([null, 0]);
});

test('keeps no new session while there are too many, and goes on with those it knows', () => {
  const { store, kept } = createStore();
  const views = createLastViews(store, 2);
  for (const [at, session] of ['a', 'b', 'c', 'a'].entries()) views.keep(session, view(at));
  expect([[...kept.keys()], kept.get('a')?.viewCount, views.of('c')]).toEqual([['a', 'b'], 2, null]);
});
