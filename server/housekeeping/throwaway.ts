import { createHash } from 'node:crypto';

export interface Throwaway {
  readonly digest: string;
  readonly mediaType: string;
  readonly raw: Buffer;
  readonly config: Buffer;
}

const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';
const CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json';

/**
 * A unique image without layers, for deleting one tag of registry 2.x, which only deletes by digest and removes all
 * tags of that digest: the tag is first moved to this image. Docker schema 2, because all versions of that line accept
 * it.
 * @param nonce Makes it unique, so that no other tag ever points to it.
 */
export function makeThrowaway(nonce: string): Throwaway {
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'unknown',
      os: 'unknown',
      config: { Labels: { 'registry-web.deletion': nonce } },
      rootfs: { type: 'layers', diff_ids: [] },
    }),
  );
  const raw = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: CONFIG_TYPE, size: config.length, digest: digestOf(config) },
      layers: [],
    }),
  );
  return { digest: digestOf(raw), mediaType: MANIFEST_TYPE, raw, config };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
