import { freedBytes } from '../catalog/manifests/freed-bytes.ts';
import { describeManifests, heldSizes, type ManifestReference } from '../catalog/manifests/lookup.ts';
import { readSurroundings } from '../catalog/manifests/surroundings.ts';
import type { Visibility } from '../catalog/visibility/visibility.ts';
import type { Database } from '../storage/database.ts';
import type { ManifestKind } from '../storage/schema.ts';
import { unneededAfter } from './closure.ts';

/** What a person chose in one repository. */
export interface Selection {
  readonly tags: readonly ChosenTag[];
  /** Manifests by their digest; where one has a tag, nothing happens to it. */
  readonly digests: readonly string[];
}

export interface AskedSelection extends Selection {
  /** Digests of which all tags are chosen. */
  readonly images: readonly string[];
}

export interface ChosenTag {
  readonly name: string;
  /** What it pointed to when it was chosen. */
  readonly digest: string;
}

/** What deleting a selection does and does not do, before anything is done. From the index, not from the registry. */
export interface SelectionPlan {
  readonly images: readonly PlannedImage[];
  /** Nothing needs these afterwards: what was chosen, and what only that needed; parents first. */
  readonly unneeded: readonly ManifestReference[];
  /** What garbage collection can free when those go; deleting tags alone frees nothing. */
  readonly freesBytes: number;
}

export interface PlannedImage {
  readonly digest: string;
  readonly kind: ManifestKind;
  readonly sizeBytes: number;
  /** Chosen tags; empty: chosen by its digest. */
  readonly tags: readonly string[];
  /** Tags that were not chosen and stay. */
  readonly siblings: readonly string[];
  /** Nothing needs it once the chosen tags are gone. */
  readonly isUnneeded: boolean;
}

export async function readSelectionPlan(
  db: Database,
  seen: Visibility,
  repositoryId: number,
  asked: AskedSelection,
): Promise<SelectionPlan> {
  const roots = [...new Set([...asked.tags.map(({ digest }) => digest), ...asked.images, ...asked.digests])];
  if (roots.length === 0) return { images: [], unneeded: [], freesBytes: 0 };
  const around = await readSurroundings(db, repositoryId, roots);
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
