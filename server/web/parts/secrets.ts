/** Labels and annotations as pages show them. `catalog/base/secrets.ts` decides what looks like a secret. */
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

/** @returns the value when it is an http or https address, else null: other schemes could run scripts. */
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
  /** The full name. */
  readonly full: string;
  readonly key: string;
  readonly value: string;
  /** The beginning of a long value, which is folded; '' for short values. */
  readonly start: string;
  readonly link: string | null;
  readonly isSecret: boolean;
}

const MAX_UNFOLDED = 300;
const MAX_VALUE_LENGTH = 20_000;
const START_LENGTH = 80;

const OCI_PREFIX = 'org.opencontainers.image.';

/** Sorted by name; the prefix `org.opencontainers.image.` is left out. */
export function mapEntries(map: Readonly<Record<string, string>>): readonly MapEntry[] {
  return Object.entries(map)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([full, value]) => ({
      full,
      key: full.startsWith(OCI_PREFIX) ? full.slice(OCI_PREFIX.length) : full,
      value: value.length > MAX_VALUE_LENGTH ? `${value.slice(0, MAX_VALUE_LENGTH)}…` : value,
      start: value.length > MAX_UNFOLDED ? `${value.slice(0, START_LENGTH)}…` : '',
      link: value.length > MAX_UNFOLDED ? null : safeLink(value),
      isSecret: isSecret(full, value),
    }));
}
