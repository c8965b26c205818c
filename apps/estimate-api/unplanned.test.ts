import { expect, test } from '@jest/globals';
import { createLogger } from '@porchlight/telemetry';
import { tellUnplanned, withoutDigits } from './unplanned.ts';

function logged(error: unknown): string {
  const lines: string[] = [];
  const log = createLogger({
    app: 'estimate-api',
    logLevel: 'debug',
    destination: { write: (line) => void lines.push(line) },
  });
  tellUnplanned(log)(error);
  return lines.join('');
}

const JSON_TEXT = '{"valueUsd":731845920617283';

/** What V8, Node and Redis say when something is wrong with a value: each quotes it. */
const quoting = (): Error[] => {
  const errors = [new Error(`ERR unknown command 'SET', with args beginning with: 'e1:{5}:p1:v' '${JSON_TEXT}'`)];
  for (const bug of [
    () => JSON.parse('x731845920617283') as unknown,
    () => Buffer.alloc(8).writeUIntBE(731_845_920_617_283, 0, 6),
    () => BigInt('731845920617283.5'),
  ]) {
    try {
      bug();
    } catch (error) {
      errors.push(error as Error);
    }
  }
  return errors;
};

test('V8, Node and Redis quote values in their errors: no digit of them is logged, and where it was is', () => {
  const errors = quoting();
  expect(errors).toHaveLength(4);
  for (const error of errors) {
    expect(error.message.replace(/\D/g, '')).toContain('7318459'); // else there would be nothing to hide
    const line = logged(Object.assign(new TypeError('a wrapper', { cause: error }), { code: 'WRAPPED' }));
    const own = logged(error);
    for (const said of [line, own]) expect(said.replace(/[,_]/g, '')).not.toContain('7318459');
    expect(own).toContain('unplanned.test.ts');
    expect(line).toContain('WRAPPED');
  }
});

test('words that look like frames are masked as words', () => {
  const said = logged(new Error('a\n    at 731845920617283 (b)'));
  expect(said).not.toContain('731845920617283');
});

test('an error without words keeps its frames, and what is no error says nothing of itself', () => {
  expect(logged(new RangeError(''))).toContain('unplanned.test.ts');
  expect(logged('731845920617283')).not.toContain('7318459');
  expect((withoutDigits({ valueUsd: 731_845_920_617_283 }) as Error).message).toBe(
    'something was thrown that is no error',
  );
});
