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
 * An image without layers that exists for one deletion only: registry 2.x deletes by digest, and takes every tag of
 * that digest along. Docker's schema 2, because all registries of that line know it.
 * @param nonce makes it unique, so that no tag but one ever points to it.
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
