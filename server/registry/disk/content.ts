import { digestOf } from '../documents/digest.ts';
import { isDigest } from '../documents/reference.ts';
import { readFile } from './files.ts';
import { blobFile, layerLink } from './layout.ts';

const MAX_LINK_BYTES = 256;

/**
 * Reads and verifies a blob.
 * @returns undefined when it is missing, larger than `maxBytes`, or does not match its digest.
 */
export function readBlob(root: string, digest: string, maxBytes: number): Buffer | undefined {
  if (!isDigest(digest)) return undefined;
  const content = readFile(root, blobFile(root, digest), maxBytes);
  if ('problem' in content || digestOf(content.bytes, digest) !== digest) return undefined;
  return content.bytes;
}

/** The same for a blob that this repository links to: a blob of another repository may be hidden from its viewers. */
export function readLinkedBlob(root: string, repository: string, digest: string, maxBytes: number): Buffer | undefined {
  if (!isDigest(digest)) return undefined;
  const link = readFile(root, layerLink(root, repository, digest), MAX_LINK_BYTES);
  if ('problem' in link || link.bytes.toString('latin1').trim() !== digest) return undefined;
  return readBlob(root, digest, maxBytes);
}
