const SEPARATOR = /^[\s|:-]+$/;

/**
 * The cells of a Markdown table, however its columns are aligned: what a README shows is compared with what code prints.
 *
 * @param text  a whole document, or a table
 * @param first how the table's first cell begins; the first table if absent
 * @returns rows of cells, the heading first; no rows if there is no such table
 */
export function markdownTable(text: string, first = ''): string[][] {
  const rows: string[][] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('|')) {
      if (rows.length > 0) break;
      continue;
    }
    const cells = line
      .replace(/^\||\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
    if (rows.length === 0 && !(cells[0] ?? '').startsWith(first)) continue;
    if (!SEPARATOR.test(line)) rows.push(cells);
  }
  return rows;
}
