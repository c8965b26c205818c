/** Where the document of flags lies: one text, that everybody reads and operators replace. */
export interface FlagStore {
  /**
   * @returns the text as it is, whatever it is; null: there is none
   * @throws {FlagsUnavailable} within the store's time-out; never waits longer
   */
  read(): Promise<string | null>;
  /**
   * Writes `text` if what lies there is still `seen`, in one step: of two operators who have read the same, one writes.
   *
   * @param seen what `read` returned
   * @returns whether it was written
   * @throws {FlagsUnavailable} then nobody knows whether it was: read again
   */
  replace(seen: string | null, text: string): Promise<boolean>;
  close(): Promise<void>;
}
