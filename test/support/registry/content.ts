/** Small images made and pushed by hand, for tests that need a tag to exist. Needs a registry without token auth. */
import { createHash } from 'node:crypto';

export interface PushedImage {
  readonly digest: string;
  readonly raw: Buffer;
  readonly mediaType: string;
  readonly layer: Buffer;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

export function sha256(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** @param seed the same seed gives the same digest. */
export async function pushImage(url: string, repository: string, tag: string, seed = tag): Promise<PushedImage> {
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Labels: { seed } } }));
  const layer = Buffer.from(`layer of ${seed}`);
  await pushBlob(url, repository, config);
  await pushBlob(url, repository, layer);
  const raw = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', size: config.length, digest: sha256(config) },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', size: layer.length, digest: sha256(layer) }],
    }),
  );
  await putManifest(url, repository, tag, MANIFEST, raw);
  return { digest: sha256(raw), raw, mediaType: MANIFEST, layer };
}

export async function pushBlob(url: string, repository: string, content: Buffer): Promise<void> {
  const started = await fetch(`${url}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(started.headers.get('location') ?? '', url);
  location.searchParams.set('digest', sha256(content));
  const done = await fetch(location, { method: 'PUT', body: new Uint8Array(content) });
  if (done.status !== 201) throw new Error(`blob not taken: ${done.status} ${await done.text()}`);
}

export async function putManifest(url: string, repository: string, ref: string, type: string, raw: Buffer) {
  const answer = await fetch(`${url}/v2/${repository}/manifests/${ref}`, {
    method: 'PUT',
    headers: { 'Content-Type': type },
    body: new Uint8Array(raw),
  });
  if (answer.status !== 201) throw new Error(`manifest not taken: ${answer.status} ${await answer.text()}`);
}

/** The digest that a reference points to; undefined: 404. */
export async function digestOf(url: string, repository: string, reference: string): Promise<string | undefined> {
  const answer = await fetch(`${url}/v2/${repository}/manifests/${reference}`, {
    headers: { Accept: `${MANIFEST}, */*` },
  });
  return answer.status === 404 ? undefined : sha256(Buffer.from(await answer.arrayBuffer()));
}
