import { spanNames, type SpanSpec } from './span-names.ts';

/** The list of spans as a Markdown table. */
export function describeSpans(): string {
  const rows = Object.values<SpanSpec>(spanNames).map(({ title, kind, description, attributes }) => {
    const said = Object.entries(attributes).map(([name, values]) => `\`${name}\`: ${values}`);
    return `| \`${title}\` | ${kind} | ${description} | ${said.join('; ')} |`;
  });
  return ['| span | kind | what | attributes |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
