/** What an artifact says, as pages and the API show it. All texts are a stranger's: escape, never interpret. */
export type ArtifactDocument =
  | SbomDocument
  | ProvenanceDocument
  | StatementDocument
  | SignatureDocument
  | ChartDocument
  | OtherDocument;

interface Signed {
  /** The signed envelope it came in; null for plain content. Shown, not verified. */
  readonly seal: Seal | null;
  /** What it speaks about. */
  readonly subjects: readonly Subject[];
}

export interface Subject {
  readonly name: string;
  /** `sha256:…`; '' where none is given. */
  readonly digest: string;
}

export interface Seal {
  readonly format: 'dsse' | 'sigstore-bundle';
  readonly certificate: CertificateFacts | null;
  /** Names the key where there is no certificate; '' where nothing names it. */
  readonly keyHint: string;
  /** When a transparency log says that it was entered. */
  readonly loggedAt: number | null;
}

export interface CertificateFacts {
  /** Mail address, workflow or common name that the certificate was made out to. */
  readonly subject: string;
  /** The identity provider where the certificate names one (Fulcio), else who issued it. */
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
  /** In order of their names; at most 20 000 of them. */
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
  /** At most 1000 of them. */
  readonly materials: readonly Material[];
  readonly materialCount: number;
}

export interface Material {
  readonly uri: string;
  readonly digest: string;
}

/** An in-toto statement of a kind that we only know by name. */
export interface StatementDocument extends Signed {
  readonly kind: 'statement';
  readonly predicateType: string;
  readonly facts: readonly (readonly [string, string])[];
}

export interface SignatureDocument extends Signed {
  readonly kind: 'signature';
  readonly format: 'cosign' | 'notation' | 'sigstore-bundle';
  /** The reference that the signer meant (cosign); '' where none is stated. */
  readonly identity: string;
  /** What is signed: the image's digest. */
  readonly digest: string;
  readonly certificate: CertificateFacts | null;
  readonly keyHint: string;
  readonly signedAt: number | null;
  /** What else was signed along. */
  readonly annotations: readonly (readonly [string, string])[];
}

/** A Helm chart's archive. Its metadata stand in the manifest's configuration. */
export interface ChartDocument {
  readonly kind: 'chart';
  readonly readme: TextFile | null;
  readonly values: TextFile | null;
  /** Chart.yaml as text. */
  readonly definition: TextFile | null;
  /** Without the chart's own folder; at most 2000 of them. */
  readonly files: readonly { readonly name: string; readonly sizeBytes: number }[];
  readonly fileCount: number;
}

export interface TextFile {
  readonly text: string;
  readonly isCut: boolean;
}

/** Content without a form that we know; `text` where it can be read. */
export interface OtherDocument {
  readonly kind: 'other';
  readonly text: TextFile | null;
}
