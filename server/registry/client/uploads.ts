import { digestOf } from '../documents/digest.ts';
import { parseRepositoryName } from '../documents/reference.ts';
import { expectStatus } from './answers.ts';
import { upstream } from './failure.ts';
import type { Answer, Outgoing } from './transport.ts';

interface UploadDeps {
  readonly send: (scopes: readonly string[], outgoing: Outgoing) => Promise<Answer>;
  readonly address: string;
  readonly manifestPath: (repository: string, reference: string) => string;
}

const ANSWER_LIMIT = 1024 * 1024;

/** The few things we write: throw-away manifests of a deletion, and what an undo puts back. */
export function createUploads({ send, address, manifestPath }: UploadDeps) {
  const scopes = (repository: string) => [`repository:${repository}:pull,push`];

  async function hasBlob(repository: string, digest: string): Promise<boolean> {
    const path = `/v2/${repository}/blobs/${digest}`;
    const answer = await send(scopes(repository), { method: 'HEAD', path, limitBytes: 0 });
    return answer.status === 200;
  }

  async function startUpload(repository: string): Promise<string> {
    const path = `/v2/${repository}/blobs/uploads/`;
    const answer = await send(scopes(repository), { method: 'POST', path, limitBytes: ANSWER_LIMIT, patience: 'work' });
    expectStatus(answer, [202], address, `POST ${path}`);
    return uploadPath(answer.headers.get('location') ?? '', path);
  }

  /** Its path on our own address: the registry may be told to call itself by another name (`http.host`). */
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
    /** Kept once per digest: uploading what is there costs one request. @returns its digest. */
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
        limitBytes: ANSWER_LIMIT,
        patience: 'work',
      });
      expectStatus(answer, [201], address, 'PUT of a blob');
      return digest;
    },

    /** @returns its digest, computed here. */
    async putManifest(repository: string, reference: string, mediaType: string, raw: Buffer): Promise<string> {
      const path = manifestPath(repository, reference);
      const answer = await send(scopes(repository), {
        method: 'PUT',
        path,
        contentType: mediaType,
        body: raw,
        limitBytes: ANSWER_LIMIT,
        patience: 'work',
      });
      expectStatus(answer, [201], address, `PUT ${path}`);
      return digestOf(raw);
    },
  };
}
