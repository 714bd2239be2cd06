import type { CertificateFacts } from './document.ts';

// Fulcio's extensions with the identity provider: DER-encoded, and an older one with the bare text.
const ISSUER = '1.3.6.1.4.1.57264.1.8';
const ISSUER_BARE = '1.3.6.1.4.1.57264.1.1';
const ALTERNATIVE_NAMES = '2.5.29.17';
const MAX_CERTIFICATE_LENGTH = 20_000;

/**
 * Subject and issuer of a certificate, for display; nothing is verified.
 * @param certificate PEM, or DER in base64.
 * @returns null for anything else.
 * @see https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
 */
export async function readCertificate(certificate: unknown): Promise<CertificateFacts | null> {
  if (typeof certificate !== 'string' || certificate === '' || certificate.length > MAX_CERTIFICATE_LENGTH) return null;
  try {
    // Loaded on first use: most pages show no certificate.
    await import('reflect-metadata');
    const { X509Certificate, SubjectAlternativeNameExtension } = await import('@peculiar/x509');
    const parsed = new X509Certificate(firstPem(certificate));
    const names = parsed.getExtension(ALTERNATIVE_NAMES);
    const alternative = names instanceof SubjectAlternativeNameExtension ? names.names.items[0]?.value : undefined;
    const value = (oid: string) => parsed.getExtension(oid)?.value;
    return {
      subject: (alternative ?? parsed.subject).slice(0, 500),
      issuer: (derText(value(ISSUER)) ?? bareText(value(ISSUER_BARE)) ?? parsed.issuer).slice(0, 500),
      notBefore: parsed.notBefore.getTime() || null,
      notAfter: parsed.notAfter.getTime() || null,
    };
  } catch {
    return null;
  }
}

function firstPem(text: string): string {
  const end = text.indexOf('-----END CERTIFICATE-----');
  return end < 0 ? text : text.slice(0, end + 25);
}

/** A DER UTF8String of less than 128 bytes, or with one length byte more. */
function derText(value: ArrayBuffer | undefined): string | undefined {
  if (value === undefined) return undefined;
  const bytes = Buffer.from(value);
  const start = bytes[1] === 0x81 ? 3 : 2;
  return bytes[0] === 0x0c ? bytes.subarray(start).toString('utf8') : undefined;
}

function bareText(value: ArrayBuffer | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value).toString('utf8');
}
