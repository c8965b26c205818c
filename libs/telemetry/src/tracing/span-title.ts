import { spanNames, type SpanName } from './span-names.ts';

const PLACE = /\{([^}]+)\}/g;

/** The titles' parts: text and names of attributes in turn. */
const parts = new Map<SpanName, readonly string[]>(
  Object.entries(spanNames).map(([name, { title }]) => [name as SpanName, title.split(PLACE)]),
);

/** @returns what a span is called: few texts, because the attributes of titles have few values */
export function titleOf(name: SpanName, attributes: Readonly<Record<string, string | number | undefined>>): string {
  let title = '';
  parts.get(name)?.forEach((part, at) => {
    title += at % 2 === 0 ? part : (attributes[part] ?? 'other');
  });
  return title;
}
