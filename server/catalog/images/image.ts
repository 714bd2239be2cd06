import type { ImageConfig } from '../../registry/documents/image-config.ts';
import type { ManifestKind } from '../../storage/schema.ts';
import type { AttachedReferrer } from '../lists/attachments.ts';
import type { TagRow, Usage } from '../lists/tags.ts';
import type { DockerfileLine } from './history.ts';

/** Everything the page of an image shows. All texts come from whoever built the image: escape, never interpret. */
export interface ImageDetail extends Usage {
  readonly repositoryId: number;
  readonly repository: string;
  readonly digest: string;
  readonly kind: ManifestKind;
  readonly mediaType: string;
  readonly artifactType: string | null;
  /** The manifest as stored, byte for byte; null while it could not be read. */
  readonly raw: string | null;
  /** Config and layers, each once; of an index: of all its platforms together. */
  readonly sizeBytes: number;
  /** Of these, what nothing else in the registry uses. */
  readonly uniqueBytes: number;
  readonly createdAt: number | null;
  readonly fetchedAt: number | null;
  readonly annotations: Readonly<Record<string, string>>;
  readonly subjectDigest: string | null;
  /** What it speaks about, by its manifest or by its tag, is in this repository. */
  readonly isSubjectHere: boolean;
  /** Tags on exactly this digest. */
  readonly tags: readonly TagRow[];
  /** Indexes of the same repository that list this manifest. */
  readonly parents: readonly string[];
  /** Of an index, also what nested ones list; empty for anything else. */
  readonly platforms: readonly PlatformEntry[];
  /** BuildKit attestations inside the index, apart from what runs. */
  readonly attestations: readonly PlatformEntry[];
  /** What the index lists without a platform that we know. */
  readonly others: readonly PlatformEntry[];
  /** Indexes that this index lists. */
  readonly nested: readonly NestedIndex[];
  /** The index lists more than stands here. */
  readonly isListCut: boolean;
  /** The chosen platform's image, or the image or artifact itself; undefined while its manifest could not be read. */
  readonly content: ImageContent | undefined;
  readonly referrers: readonly AttachedReferrer[];
  readonly problems: readonly ImageProblem[];
}

export interface NestedIndex {
  readonly digest: string;
  /** The index that lists it. */
  readonly parent: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface PlatformEntry {
  readonly digest: string;
  /** The index that lists it: the image itself, or one of `nested`. */
  readonly parent: string;
  /** `os/arch[/variant]`; '' where the index names none. */
  readonly platform: string;
  /** As `10.0.20348.2113`; '' where the index names none. */
  readonly osVersion: string;
  /** Joined by commas. */
  readonly osFeatures: string;
  readonly mediaType: string;
  readonly artifactType: string | null;
  readonly kind: ManifestKind;
  readonly sizeBytes: number;
  readonly createdAt: number | null;
  readonly annotations: Readonly<Record<string, string>>;
  /** Its manifest is not in the index (of ours): missing in the registry, or not read yet. */
  readonly isMissing: boolean;
}

export interface ImageContent {
  readonly digest: string;
  readonly kind: ManifestKind;
  readonly artifactType: string | null;
  readonly platform: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly createdAt: number | null;
  readonly layers: readonly LayerRow[];
  /** From the history; empty for artifacts and for builders that keep none. */
  readonly dockerfile: readonly DockerfileStep[];
  /** undefined for artifacts, and while the configuration could not be read. */
  readonly config: ImageConfig | undefined;
  readonly configDigest: string | null;
  /** '' where the manifest names none. */
  readonly configMediaType: string;
  readonly configBytes: number;
  readonly rawConfig: string | null;
  /** This platform's own manifest, byte for byte. */
  readonly raw: string | null;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface LayerRow {
  readonly digest: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** The host of a layer that no registry stores; '' for all others. */
  readonly keptAt: string;
  /** Its size there. */
  readonly keptBytes: number;
  /** 0..1 of the bytes of all layers together. */
  readonly share: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** The step that made it, where the history tells. */
  readonly command: DockerfileLine | undefined;
  /** Other images with the same layer, in all repositories that the viewer may see; at most 1000. */
  readonly alsoIn: number;
  /** At least so many. */
  readonly alsoInMore: boolean;
}

export interface DockerfileStep extends DockerfileLine {
  /** Index into `layers`; undefined for steps that made none. */
  readonly layer: number | undefined;
  readonly sizeBytes: number;
}

export interface ImageProblem {
  /** What is missing or unreadable; `large`: a configuration that is not read; `unreachable`: the registry did not answer. */
  readonly what: 'manifest' | 'config' | 'large' | 'child' | 'unreachable';
  readonly digest: string;
  /** An English sentence for the log and the API; the page words it by `what`. */
  readonly message: string;
}
