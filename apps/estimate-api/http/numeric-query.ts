import type { FastifyRequest } from 'fastify';

const DECIMAL = /^-?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,3})?$/;

/**
 * Turns texts of a query string that are decimal numbers into numbers, so that the schema sees what was meant. Anything else
 * (`NaN`, `0x1`, an empty text, a name given twice) stays as it is and is refused by the schema.
 */
export function readNumbers(request: FastifyRequest, _reply: unknown, done: () => void): void {
  const query = request.query as Record<string, unknown>;
  for (const [name, text] of Object.entries(query)) {
    if (typeof text === 'string' && DECIMAL.test(text)) query[name] = Number(text);
  }
  done();
}
