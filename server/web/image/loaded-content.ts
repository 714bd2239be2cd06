import type { ArtifactDocument } from '../../artifacts/document.ts';
import type { DocumentPart, ReadDocument } from '../../catalog/manifests/documents.ts';

/** What the open tab of an artifact shows. */
export interface LoadedContent {
  /** Of the artifact that is open, in the order of its parts. */
  readonly documents: readonly ReadDocument[];
  /** By the digest of a referrer or attestation: its parts. */
  readonly parts: ReadonlyMap<string, readonly DocumentPart[]>;
  /** By the digest of a part, as far as somebody looked at it before. */
  readonly known: ReadonlyMap<string, ArtifactDocument>;
}
