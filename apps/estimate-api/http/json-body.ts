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

/** Brackets inside of texts count too: no text that is understood has any. */
export function isNestedDeeper(text: string, depthMax: number): boolean {
  return hasMoreOpenings(text, depthMax) && isDeeper(text, depthMax);
}

/** Whoever opens no more than that is no deeper: of a body that is understood nothing more is looked at, and that by one search. */
function hasMoreOpenings(text: string, most: number): boolean {
  let openings = 0;
  for (const bracket of ['[', '{']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      openings += 1;
      if (openings > most) return true;
    }
  }
  return false;
}

const [OPENING_SQUARE, CLOSING_SQUARE, OPENING_CURLY, CLOSING_CURLY] = [0x5b, 0x5d, 0x7b, 0x7d];

function isDeeper(text: string, depthMax: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === OPENING_SQUARE || code === OPENING_CURLY) depth += 1;
    else if ((code === CLOSING_SQUARE || code === CLOSING_CURLY) && depth > 0) depth -= 1;
    if (depth > depthMax) return true;
  }
  return false;
}
