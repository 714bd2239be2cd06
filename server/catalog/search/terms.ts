/** The terms of a search. */
import type { ManifestKind } from '../../storage/schema.ts';
import type { NameTest } from '../names/name-search.ts';
import type { Age, Range } from './values.ts';

export type ReferrerKind = 'signature' | 'sbom' | 'attestation';

export type Test =
  /** Repository, tag, label value or, if hexadecimal, digest. */
  | { readonly on: 'anything'; readonly text: NameTest }
  | { readonly on: 'repository' | 'tag' | 'pusher'; readonly text: NameTest }
  /** `sha256:6f0a`. */
  | { readonly on: 'digest'; readonly prefix: string }
  | { readonly on: 'folder'; readonly path: string }
  | { readonly on: 'label'; readonly key: string; readonly value: NameTest | null }
  | { readonly on: 'pushed' | 'pulled'; readonly isBefore: boolean; readonly age: Age }
  | { readonly on: 'size' | 'pulls'; readonly range: Range }
  | { readonly on: 'platform'; readonly os: string; readonly architecture: string; readonly variant: string }
  | { readonly on: 'kind'; readonly kind: ManifestKind }
  | { readonly on: 'untagged' }
  | { readonly on: 'referrer'; readonly kind: ReferrerKind };

export interface Term {
  readonly isNegated: boolean;
  readonly test: Test;
  /** As typed. */
  readonly text: string;
}

/** A message for the user about a part of the search. */
export interface Note {
  readonly problem: 'too_long' | 'too_many' | 'unknown' | 'as_reference' | 'malformed' | 'too_wild';
  readonly params: Readonly<Record<string, string | number>>;
}
