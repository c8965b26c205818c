import type { FastifyInstance } from 'fastify';
import { JSON_NESTING_MAX } from './limits.ts';
import { Problem } from './problem.ts';

/**
 * Reads bodies of JSON, as the framework does, but for those that are nested deeper than any that is understood: 60 kB of
 * brackets keep a processor busy for tens of milliseconds, and are refused by a look that takes one hundredth of that.
 */
export function readJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (isNestedDeeper(text, JSON_NESTING_MAX)) {
      return done(new Problem('invalid-json', `the body is nested deeper than ${JSON_NESTING_MAX}`));
    }
    return parse(request, text, done);
  });
}

const OPENING = new Set(['[', '{'].map((bracket) => bracket.charCodeAt(0)));
const CLOSING = new Set([']', '}'].map((bracket) => bracket.charCodeAt(0)));

/** Brackets inside of texts count too: no text that is understood has any. */
export function isNestedDeeper(text: string, depthMax: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (OPENING.has(code)) depth += 1;
    else if (CLOSING.has(code) && depth > 0) depth -= 1;
    if (depth > depthMax) return true;
  }
  return false;
}
