import type { ImageConfig } from '../../registry/documents/image-config.ts';
import type { ManifestKind } from '../../storage/schema.ts';
import type { AttachedReferrer } from '../lists/attachments.ts';
import type { TagRow, Usage } from '../lists/tags.ts';
import type { DockerfileLine } from './history.ts';

/** Content of an image page. All texts come from whoever built the image: escape them, never interpret them. */
export interface ImageDetail extends Usage {
  readonly repositoryId: number;
  readonly repository: string;
  readonly digest: string;
  readonly kind: ManifestKind;
  readonly mediaType: string;
  readonly artifactType: string | null;
  /** The manifest as stored, byte for byte; null while it could not be read. */
  readonly raw: string | null;
  /** Bytes of config and layers, each once; of an index: of all platforms together. */
  readonly sizeBytes: number;
  /** Bytes that no other visible image uses. */
  readonly uniqueBytes: number;
  readonly createdAt: number | null;
  readonly fetchedAt: number | null;
  readonly annotations: Readonly<Record<string, string>>;
  readonly subjectDigest: string | null;
  /** Its subject, by its manifest or tag, is in this repository. */
  readonly isSubjectHere: boolean;
  /** Tags on exactly this digest. */
  readonly tags: readonly TagRow[];
  /** Indexes of the same repository that list this manifest. */
  readonly parents: readonly string[];
  /** Platforms of an index and of nested indexes; empty for other manifests. */
  readonly platforms: readonly PlatformEntry[];
  /** BuildKit attestations inside the index. */
  readonly attestations: readonly PlatformEntry[];
  /** Children without a known platform. */
  readonly others: readonly PlatformEntry[];
  /** Nested indexes. */
  readonly nested: readonly NestedIndex[];
  /** The index lists more children than are shown. */
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
  /** Its manifest is not in our index: missing in the registry, or not read yet. */
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
  /** From the history; empty for artifacts and builders that write none. */
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
  /** Its size on that host. */
  readonly keptBytes: number;
  /** Share (0 to 1) of the bytes of all layers. */
  readonly share: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** The step that created it, if the history says so. */
  readonly command: DockerfileLine | undefined;
  /** Number of other images with this layer in all visible repositories; at most 1000. */
  readonly alsoIn: number;
  /** `alsoIn` is a lower bound. */
  readonly alsoInMore: boolean;
}

export interface DockerfileStep extends DockerfileLine {
  /** Index into `layers`; undefined for steps that made none. */
  readonly layer: number | undefined;
  readonly sizeBytes: number;
}

export interface ImageProblem {
  /**
   * What is missing or unreadable. `large`: a configuration that is too large; `unreachable`: the registry did not
   * answer.
   */
  readonly what: 'manifest' | 'config' | 'large' | 'child' | 'unreachable';
  readonly digest: string;
  /** In English, for the log and the API; pages word it by `what`. */
  readonly message: string;
}
