import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { decodeDocument } from '../artifacts/decode.ts';
import type { ArtifactDocument } from '../artifacts/document.ts';
import { withLayerAnnotations } from '../artifacts/signature.ts';
import { AppError, errorText } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../storage/database.ts';

export interface DocumentsDeps {
  readonly db: Database;
  /** One blob, at most so large; undefined: the registry says that it has none. */
  readonly getBlob: (repository: string, digest: string, maxBytes: number) => Promise<Buffer | undefined>;
  readonly now: () => number;
  readonly log: Logger;
}

/** A part of an artifact whose content is looked at. */
export interface DocumentPart {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly mediaType: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ReadDocument {
  readonly digest: string;
  /** undefined: `problem` says why. */
  readonly document: ArtifactDocument | undefined;
  readonly problem: DocumentProblem | null;
}

/** `large`: we do not fetch that much; `missing`: the registry has none; `damaged`; `unreachable`: nothing is known. */
export type DocumentProblem = 'large' | 'missing' | 'damaged' | 'unreachable';

export const MOST_FETCHED_BYTES = 8 * 1024 * 1024;
const MOST_KEPT_BYTES = 64 * 1024 * 1024;
const MOST_PARTS = 10;
const GLANCE_BYTES = 64 * 1024;
/** Grows when decoding learns more: what older versions kept is then fetched once again. */
const LAYOUT = 1;

/** What artifacts say, fetched from the registry when somebody first looks at it, and kept. */
export function createDocuments({ db, getBlob, now, log }: DocumentsDeps) {
  // Two who look at the same moment cause one request.
  const underway = new Map<string, Promise<ReadDocument>>();

  async function fetch(repository: string, { digest, sizeBytes }: DocumentPart): Promise<ReadDocument> {
    if (sizeBytes > MOST_FETCHED_BYTES) return failed(digest, 'large');
    try {
      const bytes = await getBlob(repository, digest, MOST_FETCHED_BYTES);
      if (bytes === undefined) return failed(digest, 'missing');
      const document = await decodeDocument(bytes);
      await keep(db, digest, document, now());
      return { digest, document, problem: null };
    } catch (error) {
      log.warn({ repository, digest, error: errorText(error) }, 'content of an artifact not read');
      return failed(digest, error instanceof AppError && error.code === 'INVALID' ? 'damaged' : 'unreachable');
    }
  }

  function fetchOnce(repository: string, part: DocumentPart): Promise<ReadDocument> {
    const known = underway.get(part.digest);
    if (known !== undefined) return known;
    const fetched = fetch(repository, part).finally(() => underway.delete(part.digest));
    underway.set(part.digest, fetched);
    return fetched;
  }

  return {
    /**
     * That the viewer may see the repository, and that the parts are of a manifest there, was decided before.
     *
     * @param parts those beyond the tenth are left out.
     */
    async read(repository: string, parts: readonly DocumentPart[]): Promise<readonly ReadDocument[]> {
      const wanted = parts.slice(0, MOST_PARTS);
      const stored = await kept(db, wanted);
      return Promise.all(
        wanted.map(async (part) => {
          const document = stored.get(part.digest);
          const found = document === undefined ? await fetchOnce(repository, part) : toRead(part.digest, document);
          if (found.document === undefined) return found;
          return { ...found, document: await withLayerAnnotations(found.document, part.annotations) };
        }),
      );
    },

    /** What somebody looked at before; the registry is not asked. */
    stored: (parts: readonly DocumentPart[]): Promise<ReadonlyMap<string, ArtifactDocument>> => kept(db, parts),

    /**
     * Of many parts at once, what a line about each can say: what somebody looked at before, and small content, of which
     * some is fetched now.
     */
    async glance(repository: string, parts: readonly DocumentPart[]): Promise<ReadonlyMap<string, ArtifactDocument>> {
      const stored = await kept(db, parts);
      const small = parts.filter((part) => !stored.has(part.digest) && part.sizeBytes <= GLANCE_BYTES);
      const read = await this.read(repository, small);
      const found = new Map<string, ArtifactDocument>();
      for (const { digest, document } of read) if (document !== undefined) found.set(digest, document);
      for (const part of parts) {
        const document = stored.get(part.digest);
        if (document !== undefined) found.set(part.digest, await withLayerAnnotations(document, part.annotations));
      }
      return found;
    },
  };
}
export type Documents = ReturnType<typeof createDocuments>;

function failed(digest: string, problem: DocumentProblem): ReadDocument {
  return { digest, document: undefined, problem };
}

function toRead(digest: string, document: ArtifactDocument): ReadDocument {
  return { digest, document, problem: null };
}

async function keep(db: Database, digest: string, document: ArtifactDocument, at: number): Promise<void> {
  const content = await promisify(gzip)(JSON.stringify({ layout: LAYOUT, document }));
  const row = { fetched_at: at, content };
  await db
    .insertInto('documents')
    .values({ digest, ...row })
    .onConflict((conflict) => conflict.column('digest').doUpdateSet(row))
    .execute();
}

async function kept(db: Database, parts: readonly DocumentPart[]): Promise<ReadonlyMap<string, ArtifactDocument>> {
  if (parts.length === 0) return new Map();
  const digests = parts.map((part) => part.digest);
  const rows = await db.selectFrom('documents').selectAll().where('digest', 'in', digests).execute();
  const found = new Map<string, ArtifactDocument>();
  for (const row of rows) {
    const document = await unpackKept(row.content);
    if (document !== undefined) found.set(row.digest, document);
  }
  return found;
}

async function unpackKept(content: Buffer): Promise<ArtifactDocument | undefined> {
  const bytes = await promisify(gunzip)(content, { maxOutputLength: MOST_KEPT_BYTES });
  const { layout, document } = JSON.parse(bytes.toString('utf8')) as { layout: number; document: ArtifactDocument };
  return layout === LAYOUT ? document : undefined;
}
