/**
 * A process of its own: searches worlds with one line of the library taken out, until one breaks, and prints what it finds as
 * one line of JSON. The file on disk stays as it is: the line is changed as the module is loaded.
 *
 * argv: the mutant as JSON ({ file: absolute, take, put }), then the names of the worlds to search.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { mutate, type Mutant } from '../mutants/mutant.ts';

type Taken = Pick<Mutant, 'file' | 'take' | 'put'>;

const isTaken = (value: unknown): value is Taken =>
  typeof value === 'object' && value !== null && 'file' in value && 'take' in value && 'put' in value;

function takeOut(taken: Taken): void {
  registerHooks({
    load(url, context, next) {
      if (!url.startsWith('file:') || fileURLToPath(url) !== taken.file) return next(url, context);
      const source = mutate(readFileSync(taken.file, 'utf8'), taken);
      return { format: 'module-typescript', source, shortCircuit: true };
    },
  });
}

const [json = '', ...names] = process.argv.slice(2);
const taken: unknown = JSON.parse(json);
if (!isTaken(taken)) throw new Error('the first argument is a mutant');
takeOut(taken);
const { firstBroken } = await import('./first-broken.ts');
process.stdout.write(`${JSON.stringify(firstBroken(names))}\n`);
