import type { StoredManifest } from '../registry/client/client.ts';
import { parseManifest } from '../registry/documents/manifest.ts';

/** What an index lists; nothing for anything else, and for what cannot be read. */
export function childDigests({ raw, mediaType }: Pick<StoredManifest, 'raw' | 'mediaType'>): readonly string[] {
  try {
    return [...new Set(parseManifest(raw, mediaType).children.map(({ digest }) => digest))];
  } catch {
    return [];
  }
}
