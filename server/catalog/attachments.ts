import type { Database } from '../storage/database.ts';
import { findReferrers, partsOf, type ReferrerCounts } from './referrers.ts';

/** What is attached to an image, in the words that lists have for it. */
export type Attachment = 'signature' | 'sbom' | 'provenance';

const ORDER: readonly Attachment[] = ['signature', 'sbom', 'provenance'];
const SBOM_PREDICATE = /spdx|cyclonedx|syft/i;
const PROVENANCE_PREDICATE = /slsa\.dev\/provenance|slsaprovenance/i;
// The parts of a page's attestations.
const MAX_ATTESTATIONS = 500;

/**
 * By image. One attestation may hold several statements: its parts say which.
 *
 * @param counts of the images of a page; those without referrers cost nothing.
 */
export async function attachmentsOf(
  db: Database,
  repositoryId: number,
  counts: ReadonlyMap<string, ReferrerCounts>,
): Promise<ReadonlyMap<string, readonly Attachment[]>> {
  if (counts.size === 0) return new Map();
  const found = await findReferrers(db, repositoryId, [...counts.keys()]);
  const attestations = found.filter(({ kind }) => kind === 'attestation').map(({ digest }) => digest);
  const parts = await partsOf(db, attestations.slice(0, MAX_ATTESTATIONS));
  const kinds = new Map<string, Set<Attachment>>();
  for (const { subject, digest, kind } of found) {
    const known = kinds.get(subject) ?? new Set();
    if (kind === 'signature' || kind === 'sbom') known.add(kind);
    if (kind === 'attestation') for (const each of statedBy(parts.get(digest) ?? [])) known.add(each);
    kinds.set(subject, known);
  }
  return new Map([...kinds].map(([subject, known]) => [subject, ORDER.filter((each) => known.has(each))]));
}

function statedBy(parts: readonly { readonly annotations: Readonly<Record<string, string>> }[]): readonly Attachment[] {
  const types = parts.map(
    ({ annotations }) => annotations['in-toto.io/predicate-type'] ?? annotations.predicateType ?? '',
  );
  return [
    ...(types.some((type) => SBOM_PREDICATE.test(type)) ? (['sbom'] as const) : []),
    ...(types.some((type) => PROVENANCE_PREDICATE.test(type)) ? (['provenance'] as const) : []),
  ];
}

/** Of signatures and the like: the image that each is about, by its newest tag; its digest where it has none here. */
export async function namesOfSubjects(
  db: Database,
  repositoryId: number,
  digests: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (digests.length === 0) return new Map();
  const subjects = await subjectsOf(db, repositoryId, digests);
  const tags = await db
    .selectFrom('tags')
    .select(['digest', 'name'])
    .where('repository_id', '=', repositoryId)
    .where('digest', 'in', [...new Set(subjects.values())])
    .where('subject_digest', 'is', null)
    .orderBy('aged_at')
    .limit(MAX_SUBJECT_TAGS)
    .execute();
  const names = new Map(tags.map(({ digest, name }) => [digest, name]));
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
