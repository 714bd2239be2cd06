/** Labels and annotations as the pages show them; what looks like a secret is decided below, for the API alike. */
import { isSecret } from '../../catalog/base/secrets.ts';

export type { EnvironmentCell, TextPart } from '../../catalog/base/secrets.ts';
export {
  environmentCell,
  isSecret,
  isSecretName,
  maskedText,
  maskedValue,
  secretParts,
} from '../../catalog/base/secrets.ts';

/** A label's value as a link only where it is plain http or https; everything else stays text. */
export function safeLink(value: string): string | null {
  if (!/^https?:\/\/[^\s]+$/i.test(value) || value.length > 2000) return null;
  try {
    const url = new URL(value);
    return url.username === '' && url.password === '' ? url.href : null;
  } catch {
    return null;
  }
}

export interface MapEntry {
  /** The whole name. */
  readonly full: string;
  readonly key: string;
  readonly value: string;
  /** How a long value begins, which is folded behind it; '' for short ones. */
  readonly start: string;
  readonly link: string | null;
  readonly isSecret: boolean;
}

const MAX_UNFOLDED = 300;
const MAX_VALUE = 20_000;
const START = 80;

const OCI_PREFIX = 'org.opencontainers.image.';

/** Labels and annotations in order of their names; the long standard prefix says nothing. */
export function mapEntries(map: Readonly<Record<string, string>>): readonly MapEntry[] {
  return Object.entries(map)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([full, value]) => ({
      full,
      key: full.startsWith(OCI_PREFIX) ? full.slice(OCI_PREFIX.length) : full,
      value: value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}…` : value,
      start: value.length > MAX_UNFOLDED ? `${value.slice(0, START)}…` : '',
      link: value.length > MAX_UNFOLDED ? null : safeLink(value),
      isSecret: isSecret(full, value),
    }));
}
