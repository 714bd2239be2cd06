/** The content of an artifact as facts and tables. All texts in it are untrusted. */

import type {
  ArtifactDocument,
  CertificateFacts,
  ProvenanceDocument,
  SbomDocument,
  SignatureDocument,
  SignedEnvelope,
} from '../../artifacts/document.ts';
import type { DocumentPart, DocumentProblem, ReadDocument } from '../../catalog/manifests/documents.ts';
import { shortDigest } from '../parts/cells.ts';
import { type Fact, present } from '../parts/facts.ts';
import { type JsonView, jsonView } from '../parts/json-view.ts';
import { isSecretName, safeLink, secretParts, type TextPart } from '../parts/secrets.ts';
import type { Page } from '../shell/page.ts';
import { type PackageCells, packageCells } from './packages-view.ts';

type DocumentPage = Pick<Page, 't' | 'format' | 'query' | 'urlWith'>;

export interface DocumentCells {
  readonly title: string;
  readonly sizeBytes: number;
  readonly digest: string;
  /** Why nothing is shown; null when something is. */
  readonly problem: string | null;
  readonly facts: readonly Fact[];
  /** For signatures: whether the signed digest is that of the image to which the signature is attached. */
  readonly match: { readonly isGood: boolean; readonly text: string } | null;
  readonly isSigned: boolean;
  readonly packages: PackageCells | null;
  readonly lists: readonly PairList[];
  readonly text: JsonView | null;
}

export interface PairList {
  readonly title: string;
  readonly rows: readonly {
    readonly name: string;
    readonly value: readonly TextPart[];
    readonly link: string | null;
  }[];
  readonly more: string;
}

export interface DocumentFacts {
  readonly page: DocumentPage;
  /** Digests of the images to which the artifact is attached, as far as known. */
  readonly subjects: readonly string[];
}

export function documentCells(part: DocumentPart, read: ReadDocument | undefined, facts: DocumentFacts): DocumentCells {
  const { t } = facts.page;
  const empty = {
    ...{ title: partName(part), sizeBytes: part.sizeBytes, digest: part.digest, problem: null, facts: [], match: null },
    ...{ isSigned: false, packages: null, lists: [], text: null },
  };
  if (read === undefined) return empty;
  if (read.document === undefined) return { ...empty, problem: problemText(read.problem ?? 'damaged', t) };
  return { ...empty, ...documentBody(read.document, facts) };
}

/** The file name, else a name for the media type. */
export function partName({ annotations, mediaType, digest }: DocumentPart): string {
  return (
    annotations['org.opencontainers.image.title'] ??
    annotations['org.cncf.model.filepath'] ??
    annotations['com.docker.compose.file'] ??
    annotations['in-toto.io/predicate-type'] ??
    (mediaType || shortDigest(digest))
  );
}

function problemText(problem: DocumentProblem, t: Page['t']): string {
  const texts: Record<DocumentProblem, string> = {
    large: t('image:document.large'),
    missing: t('image:document.missing'),
    damaged: t('image:document.damaged'),
    unreachable: t('image:document.unreachable'),
  };
  return texts[problem];
}

function documentBody(document: ArtifactDocument, { page, subjects }: DocumentFacts): Partial<DocumentCells> {
  if (document.kind === 'sbom') return sbomCells(document, page);
  if (document.kind === 'provenance') return provenanceCells(document, page);
  if (document.kind === 'signature') return signatureCells(document, page, subjects);
  if (document.kind === 'statement') {
    const facts = [code(page.t('image:document.predicate'), document.predicateType), ...aboutFacts(document, page)];
    return {
      title: page.t('image:document.statement'),
      isSigned: document.seal !== null,
      facts: present(facts),
      lists: pairLists(page.t('image:document.content'), document.facts, ''),
    };
  }
  const text = document.kind === 'other' ? document.text : document.definition;
  return text === null ? { problem: page.t('image:document.binary') } : { text: jsonView(text.text) };
}

function sbomCells(document: SbomDocument, page: DocumentPage): Partial<DocumentCells> {
  const { t, format } = page;
  const facts = [
    plain(t('image:sbom.name'), document.name),
    plain(t('image:document.format'), document.format),
    plain(t('image:sbom.tool'), document.tools.join(', ')),
    plain(t('image:document.created'), document.createdAt === null ? '' : format.dateTime(document.createdAt)),
    plain(t('image:sbom.packages'), format.number(document.packageCount)),
    plain(t('image:sbom.licenses'), format.number(document.licenseCount)),
    ...aboutFacts(document, page),
  ];
  return {
    title: t('image:sbom.title', { format: document.format }),
    isSigned: document.seal !== null,
    facts: present(facts),
    packages: packageCells(document, page),
  };
}

function provenanceCells(document: ProvenanceDocument, page: DocumentPage): Partial<DocumentCells> {
  const { t, format } = page;
  const moment = (ms: number | null) => (ms === null ? '' : format.dateTime(ms));
  const facts = [
    linked(t('image:provenance.builder'), document.builder),
    linked(t('image:provenance.source'), document.source),
    code(t('image:provenance.revision'), document.revision),
    code(t('image:provenance.entry_point'), document.entryPoint),
    linked(t('image:provenance.build_type'), document.buildType),
    linked(t('image:provenance.invocation'), document.invocationId),
    plain(t('image:provenance.started'), moment(document.startedAt)),
    plain(t('image:provenance.finished'), moment(document.finishedAt)),
    plain(t('image:document.format'), document.format),
    ...aboutFacts(document, page),
  ];
  const materials = document.materials.map(({ uri, digest }) => [uri || digest, uri === '' ? '' : digest] as const);
  const hidden = document.materialCount - document.materials.length;
  return {
    title: t('image:provenance.title', { format: document.format }),
    isSigned: document.seal !== null,
    facts: present(facts),
    lists: [
      ...pairLists(t('image:provenance.materials'), materials, hidden > 0 ? `+${format.number(hidden)}` : ''),
      ...pairLists(t('image:provenance.parameters'), document.parameters, ''),
    ],
  };
}

function signatureCells(document: SignatureDocument, page: DocumentPage, subjects: readonly string[]) {
  const { t, format } = page;
  const formats: Record<SignatureDocument['format'], string> = {
    cosign: t('image:signature.cosign'),
    notation: t('image:signature.notation'),
    'sigstore-bundle': t('image:signature.bundle'),
  };
  const facts = [
    plain(t('image:document.format'), formats[document.format]),
    code(t('image:signature.identity'), document.identity),
    code(t('image:signature.digest'), document.digest),
    ...certificateFacts(document.certificate, document.keyHint, page),
    plain(t('image:signature.signed'), document.signedAt === null ? '' : format.dateTime(document.signedAt)),
  ];
  const isGood = subjects.includes(document.digest);
  const match = { isGood, text: isGood ? t('image:signature.match') : t('image:signature.mismatch') };
  return {
    title: t('image:signature.title', { format: formats[document.format] }),
    isSigned: true,
    facts: present(facts),
    match: subjects.length === 0 || document.digest === '' ? null : match,
    lists: pairLists(t('image:signature.annotations'), document.annotations, ''),
  };
}

function certificateFacts(certificate: CertificateFacts | null, keyHint: string, { t, format }: DocumentPage) {
  const until = certificate?.notAfter ?? null;
  return [
    linked(t('image:signature.signer'), certificate?.subject ?? ''),
    linked(t('image:signature.issuer'), certificate?.issuer ?? ''),
    plain(t('image:signature.valid_until'), until === null ? '' : format.dateTime(until)),
    code(t('image:signature.key'), certificate === null ? keyHint : ''),
  ];
}

/** The subjects of the document, and who signed it. */
function aboutFacts({ subjects, seal }: Pick<SbomDocument, 'subjects' | 'seal'>, page: DocumentPage): readonly Fact[] {
  const { t } = page;
  const about = subjects.slice(0, 10).map(({ name, digest }) => [name, digest].filter((text) => text !== '').join(' '));
  return [code(t('image:document.about'), about.join('\n')), ...sealFacts(seal, page)];
}

function sealFacts(seal: SignedEnvelope | null, page: DocumentPage): readonly Fact[] {
  if (seal === null) return [];
  const { t, format } = page;
  return [
    ...certificateFacts(seal.certificate, seal.keyHint, page),
    plain(t('image:signature.logged'), seal.loggedAt === null ? '' : format.dateTime(seal.loggedAt)),
  ];
}

const PAIRS_SHOWN = 200;

function pairLists(title: string, pairs: readonly (readonly [string, string])[], more: string): readonly PairList[] {
  if (pairs.length === 0) return [];
  const rows = pairs.slice(0, PAIRS_SHOWN).map(([name, value]) => ({
    name,
    value: isSecretName(name) && value !== '' ? [{ text: value, isSecret: true }] : secretParts(value),
    link: safeLink(name),
  }));
  const rest = pairs.length - rows.length;
  return [{ title, rows, more: rest > 0 ? `+${rest}` : more }];
}

function plain(label: string, value: string): Fact {
  return { label, value, isCode: false, link: null };
}

function code(label: string, value: string): Fact {
  return { label, value, isCode: true, link: null };
}

/** Links web addresses, also the `git+https://…` of provenance. */
function linked(label: string, value: string): Fact {
  return { label, value, isCode: true, link: safeLink(value.replace(/^git\+/, '')) };
}

/** One line about an artifact for the list of attachments; '' while its content was never read. */
export function documentSummary(
  document: ArtifactDocument | undefined,
  { t, format }: Pick<Page, 't' | 'format'>,
): string {
  if (document === undefined || document.kind === 'chart' || document.kind === 'other') return '';
  if (document.kind === 'sbom') {
    const count = document.packageCount;
    return [document.format, t('image:sbom.found', { count, formatted: format.number(count) })].join(' · ');
  }
  if (document.kind === 'provenance')
    return [document.format, document.builder, document.source].filter((text) => text !== '').join(' · ');
  if (document.kind === 'statement') return document.predicateType;
  const formats = { cosign: 'cosign', notation: 'Notation', 'sigstore-bundle': 'Sigstore' };
  return document.certificate?.subject || document.identity || `${formats[document.format]} · ${document.digest}`;
}
