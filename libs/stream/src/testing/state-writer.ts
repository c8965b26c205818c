/**
 * A process for the tests that kill one while it writes, and that fill its disk: five hundred entries a round, all with the round's number. It tells
 * each round that is written, and how it failed. Arguments: the folder; `growing`: other keys each round.
 */
import { codeOf, fateOf } from '../fate.ts';
import { createLmdbDisk } from '../state/lmdb-disk.adapter.ts';

const ENTRIES = 500;

const [folder = '', keys] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
try {
  const engine = await createLmdbDisk(folder).open('killed', 0);
  for (let round = 0; ; round += 1) {
    const value = Buffer.from(String(round).padEnd(200));
    const first = keys === 'growing' ? round * ENTRIES : 0;
    const changes = Array.from({ length: ENTRIES }, (_, n) => ({ key: Buffer.from(`s\0${first + n}`), value }));
    await engine.write(changes, Buffer.from(String(round)));
    process.send?.(round);
    if (keys === 'growing') say(String(round));
  }
} catch (error) {
  say(`${codeOf(error, 'UNKNOWN')} ${fateOf(error)}`);
  process.exitCode = 1;
}
