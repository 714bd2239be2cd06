import { readCertificate } from './certificate.ts';
import type { ArtifactDocument, CertificateFacts, SignatureDocument, SignedEnvelope } from './document.ts';
import { asList, asObject, asObjects, asText, decodeJson, flatten, type Json, parseTime } from './json.ts';
import { readStatement } from './provenance.ts';

type Annotations = Readonly<Record<string, string>>;

const COSIGN_CERTIFICATE = 'dev.sigstore.cosign/certificate';
const COSIGN_BUNDLE = 'dev.sigstore.cosign/bundle';

/**
 * The payload of a cosign signature.
 * @returns undefined for anything else.
 * @see https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#simple-signing
 */
export function readSimpleSigning(body: Json): SignatureDocument | undefined {
  const critical = asObject(body.critical);
  if (critical === undefined) return undefined;
  return signature({
    format: 'cosign',
    identity: asText(asObject(critical.identity)?.['docker-reference'], 500),
    digest: asText(asObject(critical.image)?.['docker-manifest-digest'], 200),
    annotations: flatten(body.optional),
  });
}

/** Adds the certificate and log time that cosign stores in the annotations of the payload's layer. */
export async function withLayerAnnotations(
  document: ArtifactDocument,
  annotations: Annotations,
): Promise<ArtifactDocument> {
  const isSigned = document.kind !== 'chart' && document.kind !== 'other';
  const certificate = isSigned ? await readCertificate(annotations[COSIGN_CERTIFICATE]) : null;
  const loggedAt = isSigned ? logTime(annotations[COSIGN_BUNDLE]) : null;
  if (document.kind === 'signature')
    return { ...document, certificate: document.certificate ?? certificate, signedAt: document.signedAt ?? loggedAt };
  if (!isSigned || document.seal === null) return document;
  const { seal } = document;
  return {
    ...document,
    seal: { ...seal, certificate: seal.certificate ?? certificate, loggedAt: seal.loggedAt ?? loggedAt },
  };
}

function logTime(bundle: string | undefined): number | null {
  if (bundle === undefined || bundle.length > 100_000) return null;
  try {
    return seconds(asObject(asObject(JSON.parse(bundle))?.Payload)?.integratedTime);
  } catch {
    return null;
  }
}

/**
 * A DSSE envelope with an in-toto statement.
 * @returns undefined for anything else.
 * @see https://github.com/secure-systems-lab/dsse/blob/master/envelope.md
 */
export function readEnvelope(body: Json, seal?: SignedEnvelope): ArtifactDocument | undefined {
  if (typeof body.payloadType !== 'string' || typeof body.payload !== 'string') return undefined;
  const statement = decodeJson(body.payload);
  const keyHint = asText(asObjects(body.signatures, 1)[0]?.keyid, 200);
  const own: SignedEnvelope = seal ?? { format: 'dsse', certificate: null, keyHint, loggedAt: null };
  return statement === undefined ? undefined : readStatement(statement, own);
}

/** @see https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto */
export async function readBundle(body: Json): Promise<ArtifactDocument | undefined> {
  if (!asText(body.mediaType).startsWith('application/vnd.dev.sigstore.bundle')) return undefined;
  const material = asObject(body.verificationMaterial);
  const chain = asObjects(asObject(material?.x509CertificateChain)?.certificates, 1)[0];
  const certificate = await readCertificate(asObject(material?.certificate)?.rawBytes ?? chain?.rawBytes);
  const keyHint = asText(asObject(material?.publicKey)?.hint, 200);
  const loggedAt = seconds(asObjects(material?.tlogEntries, 1)[0]?.integratedTime);
  const seal: SignedEnvelope = { format: 'sigstore-bundle', certificate, keyHint, loggedAt };
  const envelope = asObject(body.dsseEnvelope);
  const statement = envelope && readEnvelope(envelope, seal);
  if (statement !== undefined && !isPlainSignature(statement)) return statement;
  const digest = statement === undefined ? messageDigest(body) : (statement.subjects[0]?.digest ?? '');
  return signature({ format: 'sigstore-bundle', digest, certificate, keyHint, signedAt: loggedAt });
}

/** Newer versions of cosign sign with a statement whose predicate is empty. */
function isPlainSignature(document: ArtifactDocument): document is Extract<ArtifactDocument, { kind: 'statement' }> {
  return document.kind === 'statement' && document.predicateType.startsWith('https://sigstore.dev/cosign/sign');
}

function messageDigest(body: Json): string {
  const digest = asObject(asObject(body.messageSignature)?.messageDigest);
  const bytes = Buffer.from(asText(digest?.digest, 200), 'base64');
  return bytes.length === 32 ? `sha256:${bytes.toString('hex')}` : '';
}

/**
 * A Notation signature in JWS form; the binary COSE form is not read.
 * @returns undefined for anything else.
 * @see https://github.com/notaryproject/specifications/blob/main/specs/signature-envelope-jws.md
 */
export async function readNotation(body: Json): Promise<SignatureDocument | undefined> {
  const target = asObject(decodeJson(body.payload)?.targetArtifact);
  if (target === undefined) return undefined;
  const header = asObject(body.header);
  const signed = decodeJson(body.protected);
  return signature({
    format: 'notation',
    digest: asText(target.digest, 200),
    certificate: await readCertificate(asList(header?.x5c, 1)[0]),
    signedAt: parseTime(signed?.['io.cncf.notary.signingTime']),
    annotations: flatten(target.annotations),
  });
}

function signature(read: Partial<SignatureDocument> & Pick<SignatureDocument, 'format'>): SignatureDocument {
  const certificate: CertificateFacts | null = null;
  const empty = { identity: '', digest: '', certificate, keyHint: '', signedAt: null, annotations: [] };
  return { kind: 'signature', seal: null, subjects: [], ...empty, ...read };
}

function seconds(value: unknown): number | null {
  const time = Number(value);
  return Number.isSafeInteger(time) && time > 0 && time < 1e11 ? time * 1000 : null;
}
