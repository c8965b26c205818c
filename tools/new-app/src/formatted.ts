import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const layout = fileURLToPath(new URL('../../prettier/prettier.config.mjs', import.meta.url));

/** @returns the text as the repository lays out such a file; Nx's own formatting would look for a config at the top, where there is none */
export async function formatted(file: string, text: string): Promise<string> {
  const settings = await resolveConfig(layout, { config: layout, editorconfig: true });
  return format(text, { ...settings, filepath: file });
}
