import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { CACHE_CONTROL } from './cache-fields.ts';
import { openApiInfo } from './open-api.ts';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.ts';

export interface Documented {
  /** Adds the routes that the document describes. */
  readonly addRoutes: (scope: FastifyInstance) => void;
  readonly notFound: (request: FastifyRequest, reply: FastifyReply) => FastifyReply;
  readonly refuse: (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;
}

const DOCUMENT_URL = '/openapi.json';
const PAGE_URL = '/docs';
const hidden = { schema: { hide: true } as object };

/** An instance that never listens: of its routes, those that it describes are there to be read only. */
async function createDocuments({ addRoutes, notFound, refuse }: Documented): Promise<FastifyInstance> {
  const [{ default: swagger }, { default: swaggerUi }] = await Promise.all([
    import('@fastify/swagger'),
    import('@fastify/swagger-ui'),
  ]);
  const documents = fastify({
    logger: false,
    exposeHeadRoutes: false,
    genReqId: ({ headers }) => requestIdOf(headers),
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply),
  });
  documents.setNotFoundHandler(notFound);
  documents.setErrorHandler((error, request, reply) => refuse(error, request, reply));
  documents.setValidatorCompiler(() => () => true);
  documents.setSerializerCompiler(() => JSON.stringify);
  documents.addHook('onSend', (_request, reply, _payload, done) => {
    // Its files would be kept by any cache, and asked for again by their tags.
    reply.header('cache-control', CACHE_CONTROL).removeHeader('etag').removeHeader('last-modified');
    done();
  });
  await documents.register(swagger, openApiInfo);
  await documents.register(swaggerUi, { routePrefix: PAGE_URL });
  let text: string | undefined;
  documents.get(DOCUMENT_URL, hidden, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send((text ??= JSON.stringify(documents.swagger()))),
  );
  await documents.register(async (scope) => addRoutes(scope));
  await documents.ready();
  return documents;
}

/**
 * The OpenAPI document and its page, made at the first request for one of them: most processes are never asked, and what
 * makes them is 4 MB of code.
 */
export function addDocuments(app: FastifyInstance, documented: Documented): void {
  let made: Promise<FastifyInstance> | undefined;
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const documents = await (made ??= createDocuments(documented));
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
    request.raw.headers[REQUEST_ID_HEADER] = request.id;
    documents.routing(request.raw, reply.raw);
  };
  for (const address of [DOCUMENT_URL, PAGE_URL, `${PAGE_URL}/*`]) app.get(address, hidden, answer);
  app.addHook('onClose', async () => {
    await (await made)?.close();
  });
}
