import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';

/** The last sale of one home. */
export interface Sale {
  readonly latitude: number;
  readonly longitude: number;
  readonly priceUsd: number;
  readonly zipcode: string;
}

interface SaleRow {
  readonly id: string;
  readonly lat: string;
  readonly lon: string;
  readonly price_usd: string;
  readonly date: string;
  readonly zipcode: string;
}

const FILE = fileURLToPath(new URL('../data/king-county.csv', import.meta.url));

/** One sale a home: the latest of a resold one. In the file's order of homes. */
export function latestSales(rows: readonly SaleRow[]): Sale[] {
  const latest = new Map<string, SaleRow>();
  for (const row of rows) {
    const known = latest.get(row.id);
    if (known === undefined || known.date <= row.date) latest.set(row.id, row);
  }
  return Array.from(latest.values(), (row) => ({
    latitude: Number(row.lat),
    longitude: Number(row.lon),
    priceUsd: Number(row.price_usd),
    zipcode: row.zipcode,
  }));
}

/** The sales of King County, 2014-05 to 2015-05: 21,436 homes. */
export function readKingCountySales(): Sale[] {
  return latestSales(parse<SaleRow>(readFileSync(FILE), { columns: true, skip_empty_lines: true }));
}
