/** A process for the test that kills one while it writes: five hundred entries a round, all with the round's number. Argument: the folder. */
import { createLmdbDisk } from '../state/lmdb-disk.adapter.ts';

const ENTRIES = 500;

const [folder = ''] = process.argv.slice(2);
const engine = await createLmdbDisk(folder).open('killed', 0);
for (let round = 0; ; round += 1) {
  const value = Buffer.from(String(round).padEnd(200));
  const changes = Array.from({ length: ENTRIES }, (_, n) => ({ key: Buffer.from(`s\0${n}`), value }));
  await engine.write(changes, Buffer.from(String(round)));
  process.send?.(round);
}
