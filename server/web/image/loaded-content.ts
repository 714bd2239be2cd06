import type { ArtifactDocument } from '../../artifacts/document.ts';
import type { DocumentPart, ReadDocument } from '../../catalog/manifests/documents.ts';

/** What the current tab of an artifact shows. */
export interface LoadedContent {
  /** The documents of the shown artifact, in the order of its parts. */
  readonly documents: readonly ReadDocument[];
  /** The parts of each referrer or attestation, by its digest. */
  readonly parts: ReadonlyMap<string, readonly DocumentPart[]>;
  /** Documents that were read before, by the digest of the part. */
  readonly known: ReadonlyMap<string, ArtifactDocument>;
}
