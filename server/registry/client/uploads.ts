import { digestOf } from '../documents/digest.ts';
import { parseRepositoryName } from '../documents/reference.ts';
import { upstream } from './failure.ts';
import { expectStatus } from './responses.ts';
import type { RegistryRequest, RegistryResponse } from './transport.ts';

interface UploadDeps {
  readonly send: (scopes: readonly string[], outgoing: RegistryRequest) => Promise<RegistryResponse>;
  readonly address: string;
  readonly manifestPath: (repository: string, reference: string) => string;
}

const MAX_RESPONSE_BYTES = 1024 * 1024;

/**
 * Pushing: temporary manifests for deleting a tag on registry 2.x, and content that an undo restores.
 * @see https://distribution.github.io/distribution/spec/api/#pushing-an-image
 */
export function createUploads({ send, address, manifestPath }: UploadDeps) {
  const scopes = (repository: string) => [`repository:${repository}:pull,push`];

  async function hasBlob(repository: string, digest: string): Promise<boolean> {
    const path = `/v2/${repository}/blobs/${digest}`;
    const answer = await send(scopes(repository), { method: 'HEAD', path, limitBytes: 0 });
    return answer.status === 200;
  }

  async function startUpload(repository: string): Promise<string> {
    const path = `/v2/${repository}/blobs/uploads/`;
    const answer = await send(scopes(repository), {
      method: 'POST',
      path,
      limitBytes: MAX_RESPONSE_BYTES,
      deadline: 'work',
    });
    expectStatus(answer, [202], address, `POST ${path}`);
    return uploadPath(answer.headers.get('location') ?? '', path);
  }

  /**
   * Path and query of the upload location, to be used on our own address: the registry may name another host
   * (`http.host`).
   */
  function uploadPath(location: string, start: string): string {
    const url = URL.canParse(location, 'http://registry') ? new URL(location, 'http://registry') : undefined;
    const from = url?.pathname.indexOf(start) ?? -1;
    if (url === undefined || from < 0) {
      throw upstream(
        'registryUpload',
        `${address} did not say where to upload to: look at proxies before the registry`,
        {
          address,
        },
      );
    }
    return url.pathname.slice(from) + url.search;
  }

  return {
    /** Uploads the blob unless the registry has it. @returns its digest. */
    async uploadBlob(repository: string, content: Buffer): Promise<string> {
      parseRepositoryName(repository);
      const digest = digestOf(content);
      if (await hasBlob(repository, digest)) return digest;
      const path = await startUpload(repository);
      const answer = await send(scopes(repository), {
        method: 'PUT',
        path: `${path}${path.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`,
        contentType: 'application/octet-stream',
        body: content,
        limitBytes: MAX_RESPONSE_BYTES,
        deadline: 'work',
      });
      expectStatus(answer, [201], address, 'PUT of a blob');
      return digest;
    },

    /** @returns the digest, computed locally. */
    async putManifest(repository: string, reference: string, mediaType: string, raw: Buffer): Promise<string> {
      const path = manifestPath(repository, reference);
      const answer = await send(scopes(repository), {
        method: 'PUT',
        path,
        contentType: mediaType,
        body: raw,
        limitBytes: MAX_RESPONSE_BYTES,
        deadline: 'work',
      });
      expectStatus(answer, [201], address, `PUT ${path}`);
      return digestOf(raw);
    },
  };
}
