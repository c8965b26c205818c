import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';

/** What the OpenAPI document says beside the routes. */
export const openApiInfo: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Porchlight estimate-api',
      version: '1',
      description: 'The estimate of every home: one call, one answer everywhere, and nothing that a rule hides.',
    },
    tags: [
      { name: 'estimates', description: 'By id' },
      { name: 'map', description: 'By viewport' },
    ],
    components: {
      securitySchemes: {
        viewer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Claim role: unregistered, registered, verified or agent. Without a token: unregistered.',
        },
      },
    },
  },
};
