import { open, type FileHandle } from 'node:fs/promises';

/** Layout of a data file of LMDB 1.0 (lmdb 3.x): a head of 24 bytes a page, and in the first two pages what the file is. */
const PAGE_FLAGS_AT = 18;
const MAGIC_AT = 24;
const PAGE_BYTES_AT = 48;
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;
const META_END = 160;

const MAGIC = 0xbeefc0de;
const META_FLAG = 0x08;
const PAGE_BYTES_MIN = 512;
const PAGE_BYTES_MAX = 65_536;
const META_PAGES = 2;

const isPowerOfTwo = (n: number): boolean => (n & (n - 1)) === 0;

interface Meta {
  readonly pageBytes: number;
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

/** The head page at this place; undefined: it is none. */
async function metaAt(file: FileHandle, at: number): Promise<Meta | undefined> {
  const head = Buffer.alloc(META_END);
  const { bytesRead } = await file.read(head, 0, META_END, at);
  if (bytesRead < META_END || head.readUInt32LE(MAGIC_AT) !== MAGIC) return undefined;
  if ((head.readUInt16LE(PAGE_FLAGS_AT) & META_FLAG) === 0) return undefined;
  const pageBytes = head.readUInt32LE(PAGE_BYTES_AT);
  const isPage = pageBytes >= PAGE_BYTES_MIN && pageBytes <= PAGE_BYTES_MAX && isPowerOfTwo(pageBytes);
  if (!isPage) return undefined;
  return {
    pageBytes,
    lastPage: head.readBigUInt64LE(LAST_PAGE_AT),
    transaction: head.readBigUInt64LE(TRANSACTION_AT),
  };
}

async function faultOf(file: FileHandle): Promise<string | undefined> {
  const { size } = await file.stat();
  if (size === 0) return undefined; // LMDB begins it
  const first = await metaAt(file, 0);
  const second = first && (await metaAt(file, first.pageBytes));
  if (first === undefined || second === undefined || second.pageBytes !== first.pageBytes)
    return 'it does not begin as a file of LMDB does';
  const { lastPage } = first.transaction > second.transaction ? first : second;
  const pages = lastPage + 1n;
  const needed = (pages < META_PAGES ? BigInt(META_PAGES) : pages) * BigInt(first.pageBytes);
  return BigInt(size) < needed ? `it has ${size} bytes and should have ${needed}` : undefined;
}

/**
 * Why LMDB must not open this file. It believes its files: one that is cut off, or somebody else's, ends the process with a segmentation
 * fault or a bus error, which nothing catches, and so does every restart.
 *
 * @returns undefined for a whole file, an empty one, and none
 */
export async function lmdbFileFault(path: string): Promise<string | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return await faultOf(file);
  } finally {
    await file.close();
  }
}
