import { isGzip, unpack } from './archive.ts';
import { readChart } from './chart.ts';
import type { ArtifactDocument, TextFile } from './document.ts';
import { type Json, parseJson } from './json.ts';
import { readStatement } from './provenance.ts';
import { readSbom } from './sbom.ts';
import { sbomFromText } from './sbom-text.ts';
import { readBundle, readEnvelope, readNotation, readSimpleSigning } from './signature.ts';

export const MAX_UNPACKED_BYTES = 32 * 1024 * 1024;
const MAX_TEXT_LENGTH = 64 * 1024;

/**
 * Recognises and reads an attached document: SBOM, provenance, signature, chart. By its content, because media types
 * are chosen freely and the same bytes may be stored under several.
 * @throws {AppError} INVALID when it is damaged, TOO_LARGE when it unpacks to more than 32 MB or exceeds the limits for
 * JSON.
 */
export async function decodeDocument(bytes: Buffer): Promise<ArtifactDocument> {
  const plain = isGzip(bytes) ? await unpack(bytes, MAX_UNPACKED_BYTES) : bytes;
  const body = looksLikeJson(plain) ? parseJson(plain) : undefined;
  if (body !== undefined) return (await decodeJsonDocument(body)) ?? { kind: 'other', text: readableText(plain) };
  const chart = isTar(plain) ? await readChart(plain) : undefined;
  return chart ?? decodeText(plain) ?? { kind: 'other', text: readableText(plain) };
}

function decodeText(plain: Buffer): ArtifactDocument | undefined {
  if (readableText(plain) === null) return undefined;
  const body = sbomFromText(plain.toString('utf8'));
  const sbom = body === undefined ? undefined : readSbom(body);
  return sbom && { ...sbom, seal: null, subjects: [] };
}

async function decodeJsonDocument(body: Json): Promise<ArtifactDocument | undefined> {
  const sbom = readSbom(body);
  if (sbom !== undefined) return { ...sbom, seal: null, subjects: [] };
  return (
    (await readBundle(body)) ??
    readEnvelope(body) ??
    readStatement(body, null) ??
    readSimpleSigning(body) ??
    (await readNotation(body))
  );
}

function looksLikeJson(bytes: Buffer): boolean {
  return /^\uFEFF?\s*\{/.test(bytes.subarray(0, 200).toString('utf8'));
}

function isTar(bytes: Buffer): boolean {
  return bytes.subarray(257, 262).toString('latin1') === 'ustar';
}

/** null for binary content. */
function readableText(bytes: Buffer): TextFile | null {
  const isCut = bytes.length > MAX_TEXT_LENGTH;
  const text = bytes.subarray(0, MAX_TEXT_LENGTH).toString('utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: bytes that no text has tell a binary file.
  return /[\u0000-\u0008\u000e-\u001a]/.test(text) || text.includes('\uFFFD\uFFFD') ? null : { text, isCut };
}
