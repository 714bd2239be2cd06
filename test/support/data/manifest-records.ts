import { type ManifestRecord, manifestRecord } from '../../../server/catalog/manifests/record.ts';
import { errorText } from '../../../server/errors.ts';
import type { StoredManifest } from '../../../server/registry/client/client.ts';
import { parseImageConfig } from '../../../server/registry/documents/image-config.ts';
import { parseManifest } from '../../../server/registry/documents/manifest.ts';

/** As the index reads it, without a thread. */
export function recordOf(stored: StoredManifest, config: Buffer | null): ManifestRecord {
  const image = attempt(() => (config === null ? undefined : parseImageConfig(config))).value;
  const { value, problem } = attempt(() => parseManifest(stored.raw, stored.mediaType));
  return manifestRecord(stored, value, { bytes: config, image }, problem);
}

function attempt<Value>(read: () => Value): { readonly value?: Value; readonly problem: string | null } {
  try {
    return { value: read(), problem: null };
  } catch (error) {
    return { problem: errorText(error) };
  }
}
