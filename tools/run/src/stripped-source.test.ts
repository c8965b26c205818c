import { expect, test } from '@jest/globals';
import { strippedManifest, strippedSource } from './stripped-source.ts';

test('types become blanks and nothing moves, so that a stack trace names the place in the source', () => {
  const source = `import { a } from './a.ts';\nimport type { B } from '../b.ts';\nexport const c: number = (a as number) + 1;\n`;
  const stripped = strippedSource(source);
  expect(stripped.split('\n').map((line) => line.length)).toEqual(source.split('\n').map((line) => line.length));
  expect(stripped.indexOf('+ 1')).toBe(source.indexOf('+ 1'));
  expect(stripped.split('\n')[0]).toBe(`import { a } from './a.js';`);
  expect(stripped).not.toMatch(/number|b\.ts/);
});

test.each([
  [`export { a } from './a.ts';`, `export { a } from './a.js';`],
  [`export {\n  a,\n} from "../a.ts";`, `export {\n  a,\n} from "../a.js";`],
  [`await import('./a.ts');`, `await import('./a.js');`],
  [`import './a.ts';`, `import './a.js';`],
  [`import a from 'library/a.ts';`, `import a from 'library/a.ts';`],
  [`const place = './a.ts';`, `const place = './a.ts';`],
])('a module of the same project is named by its copy, and nothing else is touched: %s', (source, stripped) => {
  expect(strippedSource(source)).toBe(stripped);
});

test('what cannot be blanked is refused', () => {
  expect(() => strippedSource('enum Colour { red }')).toThrow('enum is not supported');
});

test('a package keeps its name and its front doors', () => {
  const manifest = JSON.stringify({
    name: '@porchlight/lamp',
    version: '0.1.0',
    type: 'module',
    scripts: { serve: 'exec node main.ts' },
    exports: { '.': './src/index.ts', './testing': './src/testing/index.ts' },
  });
  expect(JSON.parse(strippedManifest(manifest))).toEqual({
    name: '@porchlight/lamp',
    version: '0.1.0',
    type: 'module',
    exports: { '.': './src/index.js', './testing': './src/testing/index.js' },
  });
  expect(JSON.parse(strippedManifest(`{"name":"@porchlight/lamp","version":"0.1.0","type":"module"}`))).toEqual({
    name: '@porchlight/lamp',
    version: '0.1.0',
    type: 'module',
  });
});
