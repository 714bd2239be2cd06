import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { ArtifactDocument } from '../../artifacts/document.ts';
import { type ContentReader, createContentReader } from '../../artifacts/reader.ts';
import { withLayerAnnotations } from '../../artifacts/signature.ts';
import { AppError, errorText } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import { idOf, repositoryId } from '../base/repository-lookup.ts';
import { createManifestRetries } from './retries.ts';
import { isTooLarge } from './source.ts';

export interface DocumentsDeps {
  readonly db: Database;
  /** Fetches a blob of at most `maxBytes`; undefined: the registry does not have it. */
  readonly getBlob: (repository: string, digest: string, maxBytes: number) => Promise<Buffer | undefined>;
  readonly now: () => number;
  readonly log: Logger;
  readonly reader?: ContentReader;
}

/** A layer of an artifact whose content is shown. */
export interface DocumentPart {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly mediaType: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ReadDocument {
  readonly digest: string;
  /** undefined when there is a `problem`. */
  readonly document: ArtifactDocument | undefined;
  readonly problem: DocumentProblem | null;
}

/**
 * `large`: exceeds the limits; `missing`: the registry does not have it; `damaged`: it cannot be read; `unreachable`:
 * the registry did not answer.
 */
export type DocumentProblem = 'large' | 'missing' | 'damaged' | 'unreachable';

export const MAX_FETCHED_BYTES = 8 * 1024 * 1024;
const MAX_KEPT_BYTES = 64 * 1024 * 1024;
const MAX_PARTS = 10;
const GLANCE_BYTES = 64 * 1024;
/** Raised when decoding reads more: documents stored by older versions are then fetched once more. */
const LAYOUT = 2;

/**
 * Documents of artifacts, fetched from the registry when first viewed, then stored. Returned only for repositories from
 * which the registry served them, because anybody can push a manifest that names content of others.
 */
export function createDocuments({ db, getBlob, now, log, reader = createContentReader() }: DocumentsDeps) {
  // Simultaneous views cause one request.
  const underway = new Map<string, Promise<ReadDocument>>();
  const retries = createManifestRetries(db, now);

  async function fetch(repository: string, { digest, sizeBytes }: DocumentPart): Promise<ReadDocument> {
    if (sizeBytes > MAX_FETCHED_BYTES) return failed(digest, 'large');
    if ((await retries.waiting(repository, [digest])).has(digest)) return failed(digest, 'missing');
    try {
      const bytes = await getBlob(repository, digest, MAX_FETCHED_BYTES);
      if (bytes === undefined) return await missing(repository, digest);
      return await keepRead(repository, toRead(digest, await reader.document(bytes)));
    } catch (error) {
      log.warn({ repository, digest, error: errorText(error) }, 'content of an artifact not read');
      const problem = problemOf(error);
      return problem === 'unreachable' ? failed(digest, problem) : keepRead(repository, failed(digest, problem));
    }
  }

  /** Requested again with growing delays, not by each view. */
  async function missing(repository: string, digest: string): Promise<ReadDocument> {
    await retries.failed(repository, [digest]);
    return failed(digest, 'missing');
  }

  /** Unreadable documents are stored, too, so that the same bytes are not fetched again. */
  async function keepRead(repository: string, read: ReadDocument): Promise<ReadDocument> {
    await keep(db, repository, read, now());
    return read;
  }

  /** Another fetch may have stored it since the caller looked it up. */
  async function fetchUnlessKept(repository: string, part: DocumentPart): Promise<ReadDocument> {
    return (await kept(db, repository, [part])).get(part.digest) ?? (await fetch(repository, part));
  }

  function fetchOnce(repository: string, part: DocumentPart): Promise<ReadDocument> {
    const key = `${repository}@${part.digest}`;
    const known = underway.get(key);
    if (known !== undefined) return known;
    const fetched = fetchUnlessKept(repository, part).finally(() => underway.delete(key));
    underway.set(key, fetched);
    return fetched;
  }

  return {
    /**
     * The caller has checked that the viewer may see the repository and that the parts belong to a manifest there.
     * @param parts At most ten are read.
     */
    async read(repository: string, parts: readonly DocumentPart[]): Promise<readonly ReadDocument[]> {
      const wanted = parts.slice(0, MAX_PARTS);
      const stored = await kept(db, repository, wanted);
      return Promise.all(
        wanted.map(async (part) => {
          const found = stored.get(part.digest) ?? (await fetchOnce(repository, part));
          if (found.document === undefined) return found;
          return { ...found, document: await withLayerAnnotations(found.document, part.annotations) };
        }),
      );
    },

    /** What somebody looked at before, as far as it could be read; the registry is not asked. */
    stored: (repository: string, parts: readonly DocumentPart[]) => storedDocuments(db, repository, parts),

    /** For lists with many parts: documents that were viewed before, and small ones, some of which are fetched now. */
    async glance(repository: string, parts: readonly DocumentPart[]): Promise<ReadonlyMap<string, ArtifactDocument>> {
      const stored = await kept(db, repository, parts);
      const small = parts.filter((part) => !stored.has(part.digest) && part.sizeBytes <= GLANCE_BYTES);
      const read = await this.read(repository, small);
      const found = new Map<string, ArtifactDocument>();
      for (const { digest, document } of read) if (document !== undefined) found.set(digest, document);
      for (const part of parts) {
        const document = stored.get(part.digest)?.document;
        if (document !== undefined) found.set(part.digest, await withLayerAnnotations(document, part.annotations));
      }
      return found;
    },
  };
}
export type Documents = ReturnType<typeof createDocuments>;

/** What somebody looked at before, as far as it could be read; the registry is not asked. */
export async function storedDocuments(
  db: Database,
  repository: string,
  parts: readonly DocumentPart[],
): Promise<ReadonlyMap<string, ArtifactDocument>> {
  const reads = [...(await kept(db, repository, parts)).values()];
  return new Map(reads.flatMap(({ digest, document }) => (document === undefined ? [] : [[digest, document]])));
}

function failed(digest: string, problem: DocumentProblem): ReadDocument {
  return { digest, document: undefined, problem };
}

function toRead(digest: string, document: ArtifactDocument): ReadDocument {
  return { digest, document, problem: null };
}

function problemOf(error: unknown): Exclude<DocumentProblem, 'missing'> {
  if (isTooLarge(error)) return 'large';
  return error instanceof AppError && error.code === 'INVALID' ? 'damaged' : 'unreachable';
}

async function keep(
  db: Database,
  repository: string,
  { digest, document, problem }: ReadDocument,
  at: number,
): Promise<void> {
  const content = await promisify(gzip)(JSON.stringify({ layout: LAYOUT, document, problem }));
  const row = { fetched_at: at, content };
  await db
    .insertInto('documents')
    .values({ digest, ...row })
    .onConflict((conflict) => conflict.column('digest').doUpdateSet(row))
    .execute();
  const homeId = await repositoryId(db, repository);
  if (homeId === undefined) return;
  await db
    .insertInto('document_sources')
    .values({ digest, repository_id: homeId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function kept(
  db: Database,
  repository: string,
  parts: readonly DocumentPart[],
): Promise<ReadonlyMap<string, ReadDocument>> {
  if (parts.length === 0) return new Map();
  const digests = parts.map((part) => part.digest);
  const rows = await db
    .selectFrom('documents')
    .innerJoin('document_sources', 'document_sources.digest', 'documents.digest')
    .selectAll('documents')
    .where('documents.digest', 'in', digests)
    .where('document_sources.repository_id', '=', idOf(repository))
    .execute();
  const found = new Map<string, ReadDocument>();
  for (const row of rows) {
    const content = await unpackKept(row.content);
    if (content !== undefined) found.set(row.digest, { digest: row.digest, ...content });
  }
  return found;
}

async function unpackKept(content: Buffer): Promise<Omit<ReadDocument, 'digest'> | undefined> {
  const bytes = await promisify(gunzip)(content, { maxOutputLength: MAX_KEPT_BYTES });
  const kept = JSON.parse(bytes.toString('utf8')) as { layout: number } & Omit<ReadDocument, 'digest'>;
  return kept.layout === LAYOUT ? { document: kept.document, problem: kept.problem } : undefined;
}
