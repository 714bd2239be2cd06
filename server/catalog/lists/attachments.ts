import type { ArtifactDocument } from '../../artifacts/document.ts';
import type { Database } from '../../storage/database.ts';
import type { ManifestKind } from '../../storage/schema.ts';
import { repositoryById } from '../base/repository-lookup.ts';
import { versionsFirst } from '../base/tag-order.ts';
import { type DocumentPart, storedDocuments } from '../manifests/documents.ts';
import { type FoundReferrer, partsOf, type Referrer, referrersOf } from '../manifests/referrers.ts';

/** Kinds of attachments as lists show them. */
export type Attachment = 'signature' | 'sbom' | 'provenance';

/** A manifest that is attached to an image. */
export interface Attached {
  readonly digest: string;
  readonly kind: ManifestKind;
  /** Statements of an attestation, as far as known. */
  readonly states: readonly Attachment[];
  readonly pushedBy: string | null;
}

export interface ImageAttachments {
  readonly words: readonly Attachment[];
  /** At most `MAX_ATTACHED`; without BuildKit attestations inside an index. */
  readonly attached: readonly Attached[];
  readonly attachedCount: number;
}

export const NO_ATTACHMENTS: ImageAttachments = { words: [], attached: [], attachedCount: 0 };

const MAX_ATTACHED = 3;
const ORDER: readonly Attachment[] = ['signature', 'sbom', 'provenance'];
const SBOM_PREDICATE = /spdx|cyclonedx|syft/i;
const PROVENANCE_PREDICATE = /slsa\.dev\/provenance|slsaprovenance/i;
// Enough for the attestations of a page.
const MAX_ATTESTATIONS = 500;
const MAX_STORED_READ = 20;
const MAX_STORED_BYTES = 1024 * 1024;

/**
 * By image. The parts of an attestation say which statements it contains.
 * @param found Referrers of the images of a page.
 */
export async function attachmentsOf(
  db: Database,
  repositoryId: number,
  found: readonly FoundReferrer[],
): Promise<ReadonlyMap<string, ImageAttachments>> {
  const images = [...new Set(found.map(({ subject }) => subject))];
  if (images.length === 0) return new Map();
  const states = await attachmentKindsOf(db, repositoryId, digestsOf(found, 'attestation'));
  const inside = await attestationsInside(db, images);
  const pushers = await pushersOf(db, repositoryId, digestsOf(found));
  const describe = ({ digest, kind }: FoundReferrer): Attached => ({
    ...{ digest, kind, states: states.get(digest) ?? [] },
    pushedBy: pushers.get(digest) ?? null,
  });
  return new Map(
    images.map((image) => {
      const all = found.filter(({ subject }) => subject === image).map(describe);
      return [image, summarize(all, inside)];
    }),
  );
}

function summarize(all: readonly Attached[], inside: ReadonlySet<string>): ImageAttachments {
  const words = new Set(all.flatMap(wordsOf));
  const own = all
    .filter(({ digest }) => !inside.has(digest))
    .sort((a, b) => kindOrder(a) - kindOrder(b) || (a.digest < b.digest ? -1 : 1));
  return {
    words: ORDER.filter((each) => words.has(each)),
    attached: own.slice(0, MAX_ATTACHED),
    attachedCount: own.length,
  };
}

function wordsOf({ kind, states }: Attached): readonly Attachment[] {
  return kind === 'signature' || kind === 'sbom' ? [kind] : states;
}

function kindOrder(attached: Attached): number {
  const [first] = wordsOf(attached);
  return first === undefined ? ORDER.length : ORDER.indexOf(first);
}

function digestsOf(found: readonly FoundReferrer[], kind?: ManifestKind): readonly string[] {
  return [...new Set(found.filter((each) => kind === undefined || each.kind === kind).map(({ digest }) => digest))];
}

/** Statements of each attestation: SBOM, provenance, or none with a known name. */
export async function attachmentKindsOf(
  db: Database,
  repositoryId: number,
  attestations: readonly string[],
): Promise<ReadonlyMap<string, readonly Attachment[]>> {
  const parts = await partsOf(db, repositoryId, attestations.slice(0, MAX_ATTESTATIONS));
  const silent = [...parts.values()].flat().filter((part) => predicateOf(part) === '');
  // cosign before 2.0 names the predicate only inside the signed envelope, so it is known once the document was viewed.
  const small = silent.filter(({ sizeBytes }) => sizeBytes <= MAX_STORED_BYTES).slice(0, MAX_STORED_READ);
  const read = small.length === 0 ? new Map<string, ArtifactDocument>() : await readBefore(db, repositoryId, small);
  const stated = (part: DocumentPart): readonly Attachment[] => {
    const kind = read.get(part.digest)?.kind;
    return kind === 'sbom' || kind === 'provenance' ? [kind] : predicateWords(predicateOf(part));
  };
  return new Map(
    [...parts].map(([digest, all]) => [digest, ORDER.filter((each) => all.flatMap(stated).includes(each))]),
  );
}

async function readBefore(db: Database, repositoryId: number, parts: readonly DocumentPart[]) {
  const home = await repositoryById(db, repositoryId, ['name']);
  return storedDocuments(db, home?.name ?? '', parts);
}

function predicateOf({ annotations }: Pick<DocumentPart, 'annotations'>): string {
  return annotations['in-toto.io/predicate-type'] ?? annotations.predicateType ?? '';
}

function predicateWords(type: string): readonly Attachment[] {
  if (SBOM_PREDICATE.test(type)) return ['sbom'];
  return PROVENANCE_PREDICATE.test(type) ? ['provenance'] : [];
}

/** BuildKit attestations are part of the index; nobody attached them. */
async function attestationsInside(db: Database, images: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('manifest_children')
    .select('child_digest')
    .where('parent_digest', 'in', images)
    .where('platform', '=', 'attestation')
    .execute();
  return new Set(rows.map((row) => row.child_digest));
}

export interface AttachedReferrer extends Referrer, Pick<Attached, 'states' | 'pushedBy'> {}

/** Referrers of one image, with their statements and who pushed them. */
export async function attachedReferrers(
  db: Database,
  repositoryId: number,
  digest: string,
): Promise<readonly AttachedReferrer[]> {
  const referrers = await referrersOf(db, repositoryId, digest);
  const digests = referrers.map((referrer) => referrer.digest);
  const attestations = referrers.filter(({ kind }) => kind === 'attestation').map((referrer) => referrer.digest);
  const states = await attachmentKindsOf(db, repositoryId, attestations);
  const pushers = await pushersOf(db, repositoryId, digests);
  return referrers.map((referrer) => ({
    ...referrer,
    states: states.get(referrer.digest) ?? [],
    pushedBy: pushers.get(referrer.digest) ?? null,
  }));
}

/** Who pushed each of these manifests, if known. */
export async function pushersOf(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (digests.length === 0) return new Map();
  const rows = await db
    .selectFrom('held_manifests')
    .select(['digest', 'pushed_by'])
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', digests.slice(0, MAX_ATTESTATIONS))
    .execute();
  return new Map(rows.flatMap(({ digest, pushed_by }) => (pushed_by === null ? [] : [[digest, pushed_by] as const])));
}

/** For referrers: the newest tag of their subject, or its digest when it has no tag here. */
export async function namesOfSubjects(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (digests.length === 0) return new Map();
  const subjects = await subjectsOf(db, repositoryId, digests);
  if (subjects.size === 0) return new Map();
  const tags = await db
    .selectFrom('tags')
    .select(['digest', 'name'])
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', [...new Set(subjects.values())])
    .where('subject_digest', 'is', null)
    .orderBy('aged_at', 'desc')
    .orderBy(versionsFirst)
    .limit(MAX_SUBJECT_TAGS)
    .execute();
  const names = new Map([...tags].reverse().map(({ digest, name }) => [digest, name]));
  return new Map([...subjects].map(([digest, subject]) => [digest, names.get(subject) ?? subject]));
}

const MAX_SUBJECT_TAGS = 1000;

async function subjectsOf(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const named = await db
    .selectFrom('manifests')
    .select(['digest', 'subject_digest as subject'])
    .where('digest', 'in', digests)
    .where('subject_digest', 'is not', null)
    .execute();
  const tagged = await db
    .selectFrom('tags')
    .select(['digest', 'subject_digest as subject'])
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', digests)
    .where('subject_digest', 'is not', null)
    .execute();
  return new Map([...tagged, ...named].map(({ digest, subject }) => [digest, subject ?? '']));
}
