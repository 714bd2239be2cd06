import { type ContentReader, createContentReader } from '../../artifacts/reader.ts';
import { type Clock, monotonic } from '../../clock.ts';
import { errorText } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { isDigest } from '../../registry/documents/reference.ts';
import type { Database } from '../../storage/database.ts';
import { repositoryId } from '../base/repository-lookup.ts';
import { newestTags } from '../base/tag-lookup.ts';
import { attachedReferrers } from '../lists/attachments.ts';
import { createTagStore, type TagRow, usageOf } from '../lists/tags.ts';
import type { DocumentPart } from '../manifests/documents.ts';
import { heldSizes, indexesListing } from '../manifests/held-lookup.ts';
import { partsOf } from '../manifests/referrers.ts';
import { createSharedMemory, uniqueBytes } from '../manifests/sharing.ts';
import { isFinal } from '../manifests/stored-manifests.ts';
import { NOTHING, type Visibility } from '../visibility/visibility.ts';
import type { ImageDetail, ImageProblem } from './image.ts';
import { choosePlatform, imageContentOf } from './image-content.ts';
import { type ManifestRow, manifestRow, platformsOf } from './image-rows.ts';
import { type HoldersQuery, layerHolders } from './layer-holders.ts';

export type * from './image.ts';

export interface ImagesDeps {
  readonly db: Database;
  /** Fetches a manifest into the index. False: the registry does not have it. */
  readonly fetchManifest: (repository: string, digest: string) => Promise<boolean>;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly reader?: ContentReader;
}

/** Content of image pages, from the index; only a manifest that was never read is fetched. */
export function createImages({
  db,
  fetchManifest,
  log,
  clock = monotonic,
  reader = createContentReader(),
}: ImagesDeps) {
  const tags = createTagStore(db);
  const memory = createSharedMemory(clock);

  async function find(repositoryId: number, repository: string, digest: string): Promise<Found> {
    const kept = await manifestRow(db, repositoryId, digest);
    if (kept !== undefined && isFinal(kept)) return { row: kept, problems: problemsOf(kept) };
    try {
      const isThere = await fetchManifest(repository, digest);
      const row = await manifestRow(db, repositoryId, digest);
      return { row, problems: isThere ? problemsOf(row) : [gone(digest), ...problemsOf(kept)] };
    } catch (error) {
      log.warn({ repository, digest, error: errorText(error) }, 'manifest not read');
      return { row: kept, problems: [{ what: 'unreachable', digest, message: errorText(error) }, ...problemsOf(kept)] };
    }
  }

  return {
    /**
     * The caller has checked that the viewer may see the repository.
     * @param reference A tag or digest.
     * @param platform `os/arch[/variant]` or a digest; default: linux/amd64, else the first.
     * @param seen The repositories searched for shared content; default: none.
     * @returns undefined when there is no such tag or manifest in this repository.
     */
    async detail(
      repository: string,
      reference: string,
      platform?: string,
      seen: Visibility = NOTHING,
    ): Promise<ImageDetail | undefined> {
      const homeId = await repositoryId(db, repository);
      if (homeId === undefined) return undefined;
      const digest = isDigest(reference) ? reference : (await tags.resolve(homeId, reference))?.digest;
      if (digest === undefined) return undefined;
      const onIt = await tags.tagsOf(homeId, digest);
      const { row, problems } = await find(homeId, repository, digest);
      // A digest without a tag that the registry does not confirm may be invented.
      if (row === undefined && onIt.length === 0) return undefined;
      const listed = await platformsOf(db, homeId, digest);
      const missing = [...listed.platforms, ...listed.attestations, ...listed.others].filter(
        (entry) => entry.isMissing,
      );
      const chosen = choosePlatform(listed, platform);
      const asked = { digest: chosen?.digest ?? digest, platform: chosen?.platform, seen, memory, reader };
      return {
        repositoryId: homeId,
        repository,
        digest,
        ...factsOf(row),
        ...usageOf(onIt),
        tags: onIt,
        isSubjectHere: await isHeld(db, homeId, subjectOf(row, onIt)),
        uniqueBytes: await uniqueBytes(db, seen, homeId, digest),
        parents: await indexesListing(db, homeId, digest),
        ...listed,
        content: row === undefined ? undefined : await imageContentOf(db, homeId, asked),
        referrers: await attachedReferrers(db, homeId, digest),
        problems: [...problems, ...missing.slice(0, MAX_PROBLEMS).map(missingChild)],
      };
    },

    /** Visible repositories with a layer of this image. @returns undefined when the image has no such layer. */
    async holders(repositoryId: number, digest: string, layer: string, seen: Visibility, query: HoldersQuery) {
      const held = await manifestRow(db, repositoryId, digest);
      const parts = held === undefined ? [] : ((await partsOf(db, repositoryId, [digest])).get(digest) ?? []);
      const part = parts.find(({ digest }) => digest === layer);
      if (part === undefined) return undefined;
      const found = await layerHolders(db, seen, layer, query);
      // The size that this image states: hidden images may state another one.
      return found && { ...found, sizeBytes: part.sizeBytes };
    },

    /** Parts of those manifests that the repository has. */
    async partsOf(repository: string, digests: readonly string[]) {
      const id = await repositoryId(db, repository);
      return id === undefined ? new Map<string, readonly DocumentPart[]>() : partsOf(db, id, digests);
    },

    /** The newest tags of a repository, for a choice. */
    newestTags: (repositoryId: number): Promise<readonly string[]> => newestTags(db, repositoryId, MAX_CHOICES),
  };
}
export type Images = ReturnType<typeof createImages>;

const MAX_PROBLEMS = 20;
const MAX_CHOICES = 50;

interface Found {
  readonly row: ManifestRow | undefined;
  readonly problems: readonly ImageProblem[];
}

function factsOf(row: ManifestRow | undefined) {
  return {
    kind: row?.kind ?? 'unknown',
    mediaType: row?.media_type ?? '',
    artifactType: row?.artifact_type ?? null,
    raw: row?.raw?.toString('utf8') ?? null,
    sizeBytes: row?.total_bytes ?? 0,
    createdAt: row?.created_at ?? null,
    fetchedAt: row?.fetched_at ?? null,
    annotations: JSON.parse(row?.annotations ?? '{}') as Record<string, string>,
    subjectDigest: row?.subject_digest ?? null,
  } as const;
}

/** One problem for each missing child. */
function problemsOf(row: ManifestRow | undefined): readonly ImageProblem[] {
  if (row === undefined || row.kind === 'index') return [];
  if (row.error === null) return isConfigTooLarge(row) ? [configTooLarge(row.config_digest ?? '')] : [];
  const what = row.kind === 'unknown' ? 'manifest' : 'config';
  return [{ what, digest: what === 'config' ? (row.config_digest ?? row.digest) : row.digest, message: row.error }];
}

/** It is stored without an error but without its configuration. */
function isConfigTooLarge({ kind, config, config_digest: digest }: ManifestRow): boolean {
  return config === null && digest !== null && (kind === 'image' || kind === 'helm');
}

function configTooLarge(digest: string): ImageProblem {
  return { what: 'large', digest, message: `The configuration ${digest} is too large to read` };
}

function gone(digest: string): ImageProblem {
  return { what: 'manifest', digest, message: `The registry does not have the manifest ${digest}` };
}

function missingChild({ digest, platform }: { digest: string; platform: string }): ImageProblem {
  const name = platform === '' ? digest : `${platform} (${digest})`;
  return { what: 'child', digest, message: `The registry does not have ${name}, which this index lists` };
}

/** cosign refers to the subject only by the name of the tag. */
function subjectOf(row: ManifestRow | undefined, tags: readonly TagRow[]): string {
  return row?.subject_digest ?? tags.find((tag) => tag.subjectDigest !== null)?.subjectDigest ?? '';
}

async function isHeld(db: Database, repositoryId: number, digest: string): Promise<boolean> {
  if (digest === '') return false;
  return (await heldSizes(db, repositoryId, [digest])).has(digest);
}
