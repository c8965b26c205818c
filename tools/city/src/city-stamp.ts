/** Which city a database holds whole. */
export interface CityStamp {
  readonly homes: number;
  readonly seed: number;
}

/** What the loader needs of the database beside the catalogue's writer. */
export interface CityStore {
  /** null: none, or a load that broke off. */
  readStamp(): Promise<CityStamp | null>;
  /** null takes the stamp away: a load begins. */
  writeStamp(stamp: CityStamp | null): Promise<void>;
  /** The homes of other cities leave the map, those of this one come back to it. @returns how many changed */
  showOnly(idPrefix: string): Promise<{ retired: number; revived: number }>;
  close(): Promise<void>;
}
