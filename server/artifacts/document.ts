/**
 * The content of an artifact, as pages and the API show it. All texts come from strangers: escape them, never interpret
 * them.
 */
export type ArtifactDocument =
  | SbomDocument
  | ProvenanceDocument
  | StatementDocument
  | SignatureDocument
  | ChartDocument
  | OtherDocument;

interface Signed {
  /** The signed envelope around it; null for plain content. Shown, not verified. */
  readonly seal: SignedEnvelope | null;
  /** What it describes. */
  readonly subjects: readonly Subject[];
}

export interface Subject {
  readonly name: string;
  /** `sha256:…`; '' where none is given. */
  readonly digest: string;
}

export interface SignedEnvelope {
  readonly format: 'dsse' | 'sigstore-bundle';
  readonly certificate: CertificateFacts | null;
  /** Key ID from the signature, for signatures without a certificate; '' where none is given. */
  readonly keyHint: string;
  /** Time of the entry in the transparency log, in epoch milliseconds. */
  readonly loggedAt: number | null;
}

export interface CertificateFacts {
  /** E-mail address, workflow or common name. */
  readonly subject: string;
  /** The identity provider, where the certificate names one (Fulcio), else the issuer's name. */
  readonly issuer: string;
  readonly notBefore: number | null;
  readonly notAfter: number | null;
}

export interface SbomDocument extends Signed {
  readonly kind: 'sbom';
  /** `SPDX 2.3`, `CycloneDX 1.5`, `Syft`. */
  readonly format: string;
  readonly name: string;
  readonly tools: readonly string[];
  readonly createdAt: number | null;
  /** Sorted by name; at most 20 000 of `packageCount`. */
  readonly packages: readonly SbomPackage[];
  readonly packageCount: number;
  readonly licenseCount: number;
}

export interface SbomPackage {
  readonly name: string;
  readonly version: string;
  /** '' where none is stated. */
  readonly license: string;
  readonly purl: string;
}

export interface ProvenanceDocument extends Signed {
  readonly kind: 'provenance';
  /** `SLSA v1`, `SLSA v0.2`. */
  readonly format: string;
  readonly builder: string;
  readonly buildType: string;
  readonly source: string;
  readonly revision: string;
  readonly entryPoint: string;
  readonly invocationId: string;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly parameters: readonly (readonly [string, string])[];
  /** At most 1000 of `materialCount`. */
  readonly materials: readonly Material[];
  readonly materialCount: number;
}

export interface Material {
  readonly uri: string;
  readonly digest: string;
}

/** An in-toto statement with a predicate type that is not read further. */
export interface StatementDocument extends Signed {
  readonly kind: 'statement';
  readonly predicateType: string;
  readonly facts: readonly (readonly [string, string])[];
}

export interface SignatureDocument extends Signed {
  readonly kind: 'signature';
  readonly format: 'cosign' | 'notation' | 'sigstore-bundle';
  /** The image reference that was signed (cosign); '' where none is given. */
  readonly identity: string;
  /** Digest of the signed image. */
  readonly digest: string;
  readonly certificate: CertificateFacts | null;
  readonly keyHint: string;
  readonly signedAt: number | null;
  /** Further signed annotations. */
  readonly annotations: readonly (readonly [string, string])[];
}

/**
 * Content of a Helm chart's archive. The chart's metadata is in the manifest's configuration, see `readChartMetadata`.
 */
export interface ChartDocument {
  readonly kind: 'chart';
  readonly readme: TextFile | null;
  readonly values: TextFile | null;
  /** Chart.yaml as text. */
  readonly definition: TextFile | null;
  /** Relative to the chart's folder; at most 2000 of `fileCount`. */
  readonly files: readonly { readonly name: string; readonly sizeBytes: number }[];
  readonly fileCount: number;
}

export interface TextFile {
  readonly text: string;
  readonly isCut: boolean;
}

/** Content of an unknown format; `text` where it is readable text. */
export interface OtherDocument {
  readonly kind: 'other';
  readonly text: TextFile | null;
}
