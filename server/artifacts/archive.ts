import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type TarHeader, unpackTar } from 'modern-tar';
import { AppError } from '../errors.ts';
import { tooLargeToRead } from '../registry/documents/json-limits.ts';

export interface ArchiveLimits {
  readonly maxEntries: number;
}

export interface ArchiveEntry {
  /** As in the archive: only shown, never used as a path. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Undefined for files that `isWanted` did not select. */
  readonly content: Buffer | undefined;
}

const MAX_NAME_LENGTH = 500;

/** Whether it begins with the magic bytes of gzip. @see https://www.rfc-editor.org/rfc/rfc1952#section-2.3 */
export function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Decompresses gzip.
 * @throws {AppError} INVALID when it is damaged, TOO_LARGE when it unpacks to more than `maxBytes`.
 */
export async function unpack(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLargeToRead();
    throw new AppError('INVALID', 'This content is damaged, or unpacks to more than is read here', { key: 'archive' });
  }
}

/**
 * Lists the regular files of a tar archive, with the content of those that `isWanted` selects. Nothing is written to
 * disk.
 * @throws {AppError} INVALID when it is damaged or has more than `maxEntries`.
 */
export async function readTar(
  bytes: Buffer,
  isWanted: (name: string) => boolean,
  { maxEntries }: ArchiveLimits,
): Promise<readonly ArchiveEntry[]> {
  const headers: TarHeader[] = [];
  const filter = (header: TarHeader): boolean => {
    if (headers.length >= maxEntries || !(header.size >= 0)) throw tooMany();
    headers.push(header);
    return isFile(header) && isWanted(header.name);
  };
  const contents = new Map<string, Buffer>();
  try {
    const found = await unpackTar(bytes, { filter });
    for (const { header, data } of found) contents.set(header.name, Buffer.from(data ?? new Uint8Array()));
  } catch {
    throw tooMany();
  }
  return headers.filter(isFile).map(({ name, size }) => ({
    name: name.slice(0, MAX_NAME_LENGTH),
    sizeBytes: size,
    content: contents.get(name),
  }));
}

function isFile({ type }: TarHeader): boolean {
  return type === undefined || type === 'file';
}

function tooMany(): AppError {
  return new AppError('INVALID', 'This archive is damaged, or holds more files than are read here', { key: 'archive' });
}
