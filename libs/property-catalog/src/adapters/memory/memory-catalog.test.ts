import { catalogConformance } from '../../testing/catalog-conformance.ts';
import { memoryCatalog } from './memory-catalog.ts';

catalogConformance('in memory', async () => {
  const catalog = memoryCatalog();
  return {
    reader: catalog,
    writer: catalog,
    changes: async () => catalog.changes(),
    insert: async (home) => catalog.addProperty(home),
    now: async () => Date.now(),
    close: async () => undefined,
    takeAway: async () => catalog.setUnavailable(true),
  };
});
