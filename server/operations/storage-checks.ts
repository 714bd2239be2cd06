/** The checks about the data folder: free space, damage, the write-ahead log. */
import { MAX_WAL_BYTES, type StorageFacts } from '../storage/health.ts';
import type { Check } from './check.ts';

const LOW_BYTES = 512 * 1024 * 1024;
const LOW_INODES = 1000;

export const TROUBLE_KEYS = {
  full: 'errors:storage.full',
  readonly: 'errors:storage.readonly',
  io: 'errors:storage.io',
  damaged: 'errors:storage.damaged',
  lost: 'errors:storage.lost',
  busy: 'errors:storage.busy',
} as const;

type Judged = Pick<Check, 'state' | 'key' | 'params' | 'at'>;

export function storageFolder(storage: StorageFacts): Judged {
  const { trouble, since, freeBytes, freeInodes, fileBytes, checkedAt } = storage;
  if (trouble !== null) return { state: 'failed', key: TROUBLE_KEYS[trouble], params: {}, at: since };
  const params = { free: sizeText(freeBytes ?? 0), size: sizeText(fileBytes), files: freeInodes ?? 0 };
  if (freeBytes !== null && freeBytes < LOW_BYTES)
    return { state: 'warning', key: 'operations:status.storage.low', params, at: null };
  if (freeInodes !== null && freeInodes < LOW_INODES) {
    return { state: 'warning', key: 'operations:status.storage.inodes', params, at: null };
  }
  if (checkedAt === null) return { state: 'ok', key: 'operations:status.storage.ok', params, at: null };
  return { state: 'ok', key: 'operations:status.storage.checked', params, at: checkedAt };
}

export function writeAheadLog({ walBytes }: StorageFacts): Judged {
  const params = { size: sizeText(walBytes), limit: sizeText(MAX_WAL_BYTES) };
  if (walBytes > MAX_WAL_BYTES) return { state: 'warning', key: 'operations:status.wal.large', params, at: null };
  return { state: 'ok', key: 'operations:status.wal.ok', params, at: null };
}

/** `4.2 MB`, `70.7 GB`, the same in every language. */
function sizeText(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
