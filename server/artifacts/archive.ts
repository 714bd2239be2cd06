import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type TarHeader, unpackTar } from 'modern-tar';
import { AppError } from '../errors.ts';
import { tooLargeToRead } from '../registry/documents/json-limits.ts';

export interface ArchiveLimits {
  readonly mostBytes: number;
  readonly mostEntries: number;
}

export interface ArchiveEntry {
  /** As it stands in the archive: a text, never a path of ours. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Only of files that were asked for. */
  readonly content: Buffer | undefined;
}

const MAX_NAME_LENGTH = 500;

export function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** @throws {AppError} INVALID when it is damaged; TOO_LARGE when it unpacks to more. */
export async function unpack(bytes: Buffer, mostBytes: number): Promise<Buffer> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: mostBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLargeToRead();
    throw new AppError('INVALID', 'This content is damaged, or unpacks to more than is read here', { key: 'archive' });
  }
}

/**
 * The files of a tar archive, nothing of it written anywhere.
 *
 * @throws {AppError} INVALID when it is damaged or has too many entries.
 */
export async function readTar(
  bytes: Buffer,
  isWanted: (name: string) => boolean,
  { mostEntries }: Pick<ArchiveLimits, 'mostEntries'>,
): Promise<readonly ArchiveEntry[]> {
  const headers: TarHeader[] = [];
  const filter = (header: TarHeader): boolean => {
    if (headers.length >= mostEntries || !(header.size >= 0)) throw tooMany();
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
