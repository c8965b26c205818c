/**
 * Packages that a bundle does not swallow, each with its reason; the image installs them at the version of our lock file.
 * All others are in the bundle: one file to read at the start instead of thousands.
 */
export const leftOutside: Readonly<Record<string, string>> = {
  kafkajs: 'our patches reach modules inside of it by their paths, and must meet the ones that it uses itself',
  lmdb: 'a native addon, found beside its package',
  '@fastify/swagger-ui': 'serves files from its own folder',
  '@platformatic/kafka': 'loads native compressors by name when a topic asks for one, and files from its own folder',
};

/** As esbuild wants them: each package with everything below it. */
export const externalPatterns: string[] = Object.keys(leftOutside).flatMap((name) => [name, `${name}/*`]);
