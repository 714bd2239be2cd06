import type { StoredManifest } from '../registry/client/client.ts';
import { parseManifest } from '../registry/documents/manifest.ts';

/** Digests of the manifests that an index lists; empty for anything else and for what cannot be parsed. */
export function childDigests({ raw, mediaType }: Pick<StoredManifest, 'raw' | 'mediaType'>): readonly string[] {
  try {
    return [...new Set(parseManifest(raw, mediaType).children.map(({ digest }) => digest))];
  } catch {
    return [];
  }
}
