/** A `WWW-Authenticate` header (RFC 9110 §11.6.1); parameters that are absent are undefined. */
export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  readonly scheme: string;
  readonly realm: string | undefined;
  readonly service: string | undefined;
  readonly scope: string | undefined;
  readonly error: string | undefined;
}

const PARAMETER = /([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi;
const MAX_HEADER_LENGTH = 8192;

/** @see https://distribution.github.io/distribution/spec/auth/token/#requesting-a-token */
export function parseChallenge(header: string | null | undefined): Challenge | undefined {
  const text = (header ?? '').slice(0, MAX_HEADER_LENGTH).trim();
  const scheme = /^[a-z][a-z0-9-]*/i.exec(text)?.[0];
  if (scheme === undefined) return undefined;
  const values = new Map<string, string>();
  for (const [, name = '', quoted, bare] of text.slice(scheme.length).matchAll(PARAMETER)) {
    values.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');
  }
  return {
    scheme: scheme.toLowerCase(),
    realm: values.get('realm'),
    service: values.get('service'),
    scope: values.get('scope'),
    error: values.get('error'),
  };
}
