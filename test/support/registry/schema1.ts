/** An image as Docker clients before 1.10 pushed it: schema 1, signed with a key of the client's. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { pushBlob, putManifest, sha256 } from './content.ts';

const SIGNED = 'application/vnd.docker.distribution.manifest.v1+prettyjws';

export interface Schema1Layer {
  readonly content: string;
  /** What `v1Compatibility` says of it. */
  readonly history: Readonly<Record<string, unknown>>;
}

/** @param layers from the top down. @returns the digest, which is that of the text without signatures. */
export async function pushSchema1(
  url: string,
  repository: string,
  tag: string,
  layers: readonly Schema1Layer[],
): Promise<string> {
  for (const { content } of layers) await pushBlob(url, repository, Buffer.from(content));
  const body = {
    ...{ schemaVersion: 1, name: repository, tag, architecture: 'amd64' },
    fsLayers: layers.map(({ content }) => ({ blobSum: sha256(content) })),
    history: layers.map(({ history }) => ({ v1Compatibility: JSON.stringify(history) })),
  };
  const payload = JSON.stringify(body, null, 3);
  await putManifest(url, repository, tag, SIGNED, Buffer.from(signed(payload)));
  return sha256(payload);
}

/** The signatures stand in the object that they sign, before its last brace. */
function signed(payload: string): string {
  const tail = '\n}';
  const formatLength = payload.length - tail.length;
  const header = { formatLength, formatTail: base64(tail), time: '2014-10-30T23:26:35Z' };
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
  const key = privateKey;
  const text = Buffer.from(`${base64(JSON.stringify(header))}.${base64(payload)}`);
  const signature = sign('sha256', text, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  const entry = {
    header: { jwk: { crv, kty, x, y }, alg: 'ES256' },
    ...{ signature, protected: base64(JSON.stringify(header)) },
  };
  return `${payload.slice(0, formatLength)},\n   "signatures": ${JSON.stringify([entry])}${tail}`;
}

const base64 = (text: string) => Buffer.from(text).toString('base64url');
