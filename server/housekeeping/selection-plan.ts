import { freedBytes } from '../catalog/manifests/freed-bytes.ts';
import { heldSizes } from '../catalog/manifests/held-lookup.ts';
import { describeManifests, type ManifestReference } from '../catalog/manifests/manifest-lookup.ts';
import { readManifestNeeds } from '../catalog/manifests/manifest-needs.ts';
import type { Visibility } from '../catalog/visibility/visibility.ts';
import type { Database } from '../storage/database.ts';
import type { ManifestKind } from '../storage/schema.ts';
import { unneededAfter } from './closure.ts';

/** What a person selected in one repository. */
export interface Selection {
  readonly tags: readonly ChosenTag[];
  /** Manifests selected by digest; those with a tag are not deleted. */
  readonly digests: readonly string[];
}

export interface AskedSelection extends Selection {
  /** Digests whose tags are all selected. */
  readonly images: readonly string[];
}

export interface ChosenTag {
  readonly name: string;
  /** The digest of the tag when it was selected. */
  readonly digest: string;
}

/** Preview of deleting a selection, from the index; the registry is not asked. */
export interface SelectionPlan {
  readonly images: readonly PlannedImage[];
  /** Manifests that nothing needs afterwards: selected ones, and what only those need; parents first. */
  readonly unneeded: readonly ManifestReference[];
  /** Bytes that garbage collection can free when those are deleted; deleting only tags frees nothing. */
  readonly freesBytes: number;
}

export interface PlannedImage {
  readonly digest: string;
  readonly kind: ManifestKind;
  readonly sizeBytes: number;
  /** Selected tags; empty: selected by digest. */
  readonly tags: readonly string[];
  /** Tags that are not selected and stay. */
  readonly siblings: readonly string[];
  /** Nothing needs it once the selected tags are gone. */
  readonly isUnneeded: boolean;
}

/** @param seen Sizes count only what this viewer may see. */
export async function readSelectionPlan(
  db: Database,
  seen: Visibility,
  repositoryId: number,
  asked: AskedSelection,
): Promise<SelectionPlan> {
  const roots = [...new Set([...asked.tags.map(({ digest }) => digest), ...asked.images, ...asked.digests])];
  if (roots.length === 0) return { images: [], unneeded: [], freesBytes: 0 };
  const around = await readManifestNeeds(db, repositoryId, roots);
  const tags = [...asked.tags, ...around.tags.filter(({ digest }) => asked.images.includes(digest))];
  const removed = new Set(tags.map(({ name }) => name));
  const unneeded = unneededAfter(around, removed);
  const isUnneeded = new Set(unneeded);
  const facts = await heldSizes(db, repositoryId, roots);
  const namesOn = (all: readonly { readonly name: string; readonly digest: string }[], digest: string) =>
    all.filter((tag) => tag.digest === digest).map(({ name }) => name);
  return {
    images: roots.map((digest) => ({
      digest,
      kind: facts.get(digest)?.kind ?? 'unknown',
      sizeBytes: facts.get(digest)?.size_bytes ?? 0,
      tags: [...new Set(namesOn(tags, digest))],
      siblings: namesOn(around.tags, digest).filter((name) => !removed.has(name)),
      isUnneeded: isUnneeded.has(digest),
    })),
    unneeded: await describeManifests(db, unneeded),
    freesBytes: await freedBytes(db, seen, repositoryId, unneeded),
  };
}
