import type { Rights } from '../../access/rights.ts';

const known = new WeakMap<Rights, string>();

/** Equal for rights that allow the same, independent of the subject. */
export function fingerprint(rights: Rights): string {
  const found = known.get(rights);
  if (found !== undefined) return found;
  const lines = rights.rules.map(
    ({ repository, address, actions }) => `${repository.text}\n${address.text}\n${[...actions].sort()}`,
  );
  const text = JSON.stringify([rights.isAdmin, rights.isAuditor, lines.sort()]);
  known.set(rights, text);
  return text;
}

export interface AudienceInput {
  readonly rights: Rights;
  readonly isSignedIn: boolean;
  readonly address: string;
}

/** Equal for viewers who see the same data. The address is part of it only where a rule depends on the address. */
export function audienceOf({ rights, isSignedIn, address }: AudienceInput): string {
  const dependsOnAddress = !rights.isAdmin && rights.rules.some((rule) => rule.address.text !== '*');
  return `${isSignedIn ? 'person' : 'nobody'} ${dependsOnAddress ? address : '*'} ${fingerprint(rights)}`;
}
