/**
 * Deleting, the trash and, later, retention and garbage collection. Decides and does; who may is `access/`'s business,
 * what the index shows afterwards `catalog/`'s.
 */
export interface ManifestFacts {
  readonly digest: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
}

/** What this folder needs of `registry/client.ts`. "Not there" is `undefined`; a failed call throws and means unknown. */
export interface DeletingClient {
  readonly headManifest: (repository: string, reference: string) => Promise<ManifestFacts | undefined>;
  readonly getManifest: (
    repository: string,
    reference: string,
  ) => Promise<{ readonly digest: string; readonly mediaType: string; readonly raw: Buffer } | undefined>;
  readonly tags: (repository: string) => Promise<readonly string[] | undefined>;
  readonly deleteManifest: (repository: string, reference: string) => Promise<unknown>;
  readonly putManifest: (repository: string, reference: string, mediaType: string, raw: Buffer) => Promise<unknown>;
  readonly uploadBlob: (repository: string, blob: Buffer) => Promise<unknown>;
}
