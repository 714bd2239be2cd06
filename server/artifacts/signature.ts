import { readCertificate } from './certificate.ts';
import type { ArtifactDocument, CertificateFacts, Seal, SignatureDocument } from './document.ts';
import { decodeJson, flatten, type Json, list, object, objects, text, time } from './json.ts';
import { readStatement } from './provenance.ts';

type Annotations = Readonly<Record<string, string>>;

const COSIGN_CERTIFICATE = 'dev.sigstore.cosign/certificate';
const COSIGN_BUNDLE = 'dev.sigstore.cosign/bundle';

/**
 * What cosign signs: which image, under which name.
 *
 * @see https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#simple-signing
 */
export function readSimpleSigning(body: Json): SignatureDocument | undefined {
  const critical = object(body.critical);
  if (critical === undefined) return undefined;
  return signature({
    format: 'cosign',
    identity: text(object(critical.identity)?.['docker-reference'], 500),
    digest: text(object(critical.image)?.['docker-manifest-digest'], 200),
    annotations: flatten(body.optional),
  });
}

/** The certificate stands beside the payload, in the annotations of its layer. */
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
    return seconds(object(object(JSON.parse(bundle))?.Payload)?.integratedTime);
  } catch {
    return null;
  }
}

/**
 * A signed envelope around a statement.
 *
 * @see https://github.com/secure-systems-lab/dsse/blob/master/envelope.md
 */
export function readEnvelope(body: Json, seal?: Seal): ArtifactDocument | undefined {
  if (typeof body.payloadType !== 'string' || typeof body.payload !== 'string') return undefined;
  const statement = decodeJson(body.payload);
  const keyHint = text(objects(body.signatures, 1)[0]?.keyid, 200);
  const own: Seal = seal ?? { format: 'dsse', certificate: null, keyHint, loggedAt: null };
  return statement === undefined ? undefined : readStatement(statement, own);
}

/** @see https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto */
export async function readBundle(body: Json): Promise<ArtifactDocument | undefined> {
  if (!text(body.mediaType).startsWith('application/vnd.dev.sigstore.bundle')) return undefined;
  const material = object(body.verificationMaterial);
  const chain = objects(object(material?.x509CertificateChain)?.certificates, 1)[0];
  const certificate = await readCertificate(object(material?.certificate)?.rawBytes ?? chain?.rawBytes);
  const keyHint = text(object(material?.publicKey)?.hint, 200);
  const loggedAt = seconds(objects(material?.tlogEntries, 1)[0]?.integratedTime);
  const seal: Seal = { format: 'sigstore-bundle', certificate, keyHint, loggedAt };
  const envelope = object(body.dsseEnvelope);
  const statement = envelope && readEnvelope(envelope, seal);
  if (statement !== undefined && !isPlainSignature(statement)) return statement;
  const digest = statement === undefined ? messageDigest(body) : (statement.subjects[0]?.digest ?? '');
  return signature({ format: 'sigstore-bundle', digest, certificate, keyHint, signedAt: loggedAt });
}

/** Newer cosign signs by a statement that states nothing but its subject. */
function isPlainSignature(document: ArtifactDocument): document is Extract<ArtifactDocument, { kind: 'statement' }> {
  return document.kind === 'statement' && document.predicateType.startsWith('https://sigstore.dev/cosign/sign');
}

function messageDigest(body: Json): string {
  const digest = object(object(body.messageSignature)?.messageDigest);
  const bytes = Buffer.from(text(digest?.digest, 200), 'base64');
  return bytes.length === 32 ? `sha256:${bytes.toString('hex')}` : '';
}

/**
 * Notation's signature in its JSON form; the binary one (COSE) is only named.
 *
 * @see https://github.com/notaryproject/specifications/blob/main/specs/signature-envelope-jws.md
 */
export async function readNotation(body: Json): Promise<SignatureDocument | undefined> {
  const target = object(decodeJson(body.payload)?.targetArtifact);
  if (target === undefined) return undefined;
  const header = object(body.header);
  const signed = decodeJson(body.protected);
  return signature({
    format: 'notation',
    digest: text(target.digest, 200),
    certificate: await readCertificate(list(header?.x5c, 1)[0]),
    signedAt: time(signed?.['io.cncf.notary.signingTime']),
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
