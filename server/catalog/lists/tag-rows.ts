import type { Selectable } from 'kysely';
import type { HeldManifestsTable, ManifestKind, TagsTable } from '../../storage/schema.ts';
import { noReferrers, type ReferrerCounts } from '../manifests/referrers.ts';
import { type Attached, type Attachment, type ImageAttachments, NO_ATTACHMENTS } from './attachments.ts';

export interface TagRow {
  readonly name: string;
  readonly digest: string;
  /** When the index first saw the tag, which may be long after it was pushed. */
  readonly firstSeenAt: number;
  readonly checkedAt: number;
  /** null: no push event was received. */
  readonly pushedAt: number | null;
  /** '' for anonymous; null: unknown. */
  readonly pushedBy: string | null;
  /** False: who pushed it is not confirmed. */
  readonly pushConfirmed: boolean;
  readonly lastPulledAt: number | null;
  readonly pullCount: number;
  /** Missing in the registry since then; removed when that is confirmed. null: present. */
  readonly missingSince: number | null;
  /** Of a fallback or cosign tag: the digest it refers to; null for other tags. */
  readonly subjectDigest: string | null;
}

/** Content of a manifest. */
export interface ImageFacts {
  readonly kind: ManifestKind;
  /** '' until the manifest was read. */
  readonly mediaType: string;
  readonly artifactType: string | null;
  readonly sizeBytes: number;
  /** `os/arch[/variant]`; empty for artifacts. */
  readonly platforms: readonly string[];
  /** Build time. */
  readonly createdAt: number | null;
  readonly referrers: ReferrerCounts;
  /** What is attached to it. */
  readonly attachments: readonly Attachment[];
  /** Why the manifest could not be read, in English. */
  readonly error: string | null;
}

export interface Usage {
  readonly pushedAt: number | null;
  readonly pushedBy: string | null;
  readonly pushConfirmed: boolean;
  readonly lastPulledAt: number | null;
  readonly pullCount: number;
}

/** One image (digest) of a repository with its tags; the usage is that of all tags together. */
export interface TagGroup extends ImageFacts, Usage {
  readonly digest: string;
  readonly firstSeenAt: number;
  /** Highest versions first, at most `TAGS_SHOWN`; not affected by filters. */
  readonly tags: readonly TagRow[];
  /** Number of all its tags. */
  readonly tagCount: number;
  /** It refers to another image, by its manifest or by the names of its tags. */
  readonly isReferrer: boolean;
  /** The first attached manifests, and their number. */
  readonly attached: readonly Attached[];
  readonly attachedCount: number;
  /** Of a referrer: the newest tag of its subject, or its digest; '' for other images. */
  readonly about: string;
  /** Of an attestation: its statements. */
  readonly states: readonly Attachment[];
}

/** One tag with the image it points to. */
export interface FlatTag
  extends TagRow,
    Pick<
      ImageFacts,
      'kind' | 'mediaType' | 'artifactType' | 'sizeBytes' | 'platforms' | 'createdAt' | 'attachments' | 'error'
    > {}

export interface ManifestFacts {
  readonly digest: string;
  readonly media_type: string;
  readonly artifact_type: string | null;
  readonly error: string | null;
}

export type StoredHeld = Selectable<HeldManifestsTable>;
export type StoredTag = Selectable<TagsTable>;

export function toTag(row: StoredTag): TagRow {
  return {
    name: row.name,
    digest: row.digest,
    firstSeenAt: row.first_seen_at,
    checkedAt: row.checked_at,
    pushedAt: row.pushed_at,
    pushedBy: row.pushed_by,
    pushConfirmed: Boolean(row.push_confirmed),
    lastPulledAt: row.last_pulled_at,
    pullCount: row.pull_count,
    missingSince: row.missing_since,
    subjectDigest: row.subject_digest,
  };
}

export interface GroupExtras {
  readonly referrers?: ReferrerCounts | undefined;
  readonly attachments?: ImageAttachments | undefined;
  readonly about?: string | undefined;
  readonly states?: readonly Attachment[] | undefined;
}

export function toGroup(
  held: StoredHeld,
  tags: readonly TagRow[],
  facts: ManifestFacts | undefined,
  { referrers = noReferrers(), attachments = NO_ATTACHMENTS, about = '', states = [] }: GroupExtras = {},
): TagGroup {
  return {
    digest: held.digest,
    firstSeenAt: held.first_seen_at,
    tags,
    tagCount: Math.max(held.tag_count, tags.length),
    kind: held.kind,
    mediaType: facts?.media_type ?? '',
    artifactType: facts?.artifact_type ?? null,
    sizeBytes: held.size_bytes,
    platforms: JSON.parse(held.platforms) as string[],
    createdAt: held.created_at,
    pushedAt: held.pushed_at,
    pushedBy: held.pushed_by,
    pushConfirmed: Boolean(held.push_confirmed),
    lastPulledAt: held.last_pulled_at === 0 ? null : held.last_pulled_at,
    pullCount: held.pull_count,
    referrers,
    attachments: attachments.words,
    attached: attachments.attached,
    attachedCount: attachments.attachedCount,
    isReferrer: held.state === 'referrer',
    about,
    states,
    error: facts?.error ?? null,
  };
}

/** Newest push and sum of pulls of these tags. */
export function usageOf(tags: readonly TagRow[]): Usage {
  const latest = tags.reduce<TagRow | undefined>(
    (best, tag) => ((tag.pushedAt ?? 0) > (best?.pushedAt ?? 0) ? tag : best),
    undefined,
  );
  const lastPull = Math.max(0, ...tags.map((tag) => tag.lastPulledAt ?? 0));
  return {
    pushedAt: latest?.pushedAt ?? null,
    pushedBy: latest?.pushedBy ?? null,
    pushConfirmed: latest?.pushConfirmed ?? false,
    lastPulledAt: lastPull === 0 ? null : lastPull,
    pullCount: tags.reduce((sum, tag) => sum + tag.pullCount, 0),
  };
}
