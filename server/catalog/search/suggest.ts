/** Suggestions while typing, from what the viewer may see; cheap enough for every key press. */
import type { Database } from '../../storage/database.ts';
import {
  type FoundName,
  type NameFacts,
  nearRepositories,
  repositoriesLike,
  tagsLike,
  tagsOf,
} from '../names/suggest-names.ts';
import { NOTHING, type Visibility } from '../visibility/visibility.ts';
import { OPERATORS } from './operators.ts';
import { suggestValues } from './values-seen.ts';

export interface Suggestion {
  readonly kind: 'repository' | 'tag' | 'operator' | 'value';
  readonly label: string;
  /** The whole search text after choosing it. */
  readonly text: string;
  /** Reference of a suggested repository or tag: `team/app:v1`; else null. */
  readonly reference: string | null;
  /** Of a repository or tag. */
  readonly facts?: NameFacts;
  /** Similar to the typed text; must not be used in commands. */
  readonly isNear?: boolean;
}

const MAX_SUGGESTED = 20;
const MAX_TYPED_LENGTH = 300;

/**
 * Suggestions for the last word of the text; empty when it has no word, contains a quote, or is too long. At most 20.
 */
export async function suggest(
  db: Database,
  visibility: Visibility,
  typed: string,
  limit: number,
): Promise<readonly Suggestion[]> {
  const text = typed.slice(0, MAX_TYPED_LENGTH + 1).replace(/[\p{Cc}\p{Cs}]+/gu, ' ');
  const [, before = '', piece = ''] = /^(.*?\s|)(\S*)$/s.exec(text) ?? [];
  if (piece === '' || text.length > MAX_TYPED_LENGTH || piece.includes('"')) return [];
  const most = Math.min(MAX_SUGGESTED, Math.max(1, Math.trunc(limit) || 1));
  const found = [...operatorsLike(before, piece), ...(await completions(db, visibility, before, piece, most))];
  return found.slice(0, most);
}

async function completions(
  db: Database,
  visibility: Visibility,
  before: string,
  piece: string,
  most: number,
): Promise<readonly Suggestion[]> {
  if (visibility.id === NOTHING.id) return [];
  const [, sign = '', name = '', value = ''] = /^(-?)([a-z-]+):(.*)$/s.exec(piece) ?? [];
  if (Object.hasOwn(OPERATORS, name)) {
    const values =
      name === 'repo'
        ? (await repositoriesLike(db, visibility, value, most)).map(({ reference }) => reference)
        : await suggestValues(db, visibility, name, value);
    return values
      .slice(0, most)
      .map((each) => plain('value', `${name}:${each}`, `${before}${sign}${name}:${printed(each)}`));
  }
  const [, repository = '', tag = ''] = /^([^:@]+):([\w.-]*)$/.exec(piece) ?? [];
  if (repository !== '') {
    return (await tagsOf(db, visibility, { repository, tag, most })).map((each) => named('tag', before, each));
  }
  return namesFor(db, visibility, before, piece, most);
}

/** Repositories and tags, with room for both; without exact matches similar ones. */
async function namesFor(
  db: Database,
  visibility: Visibility,
  before: string,
  piece: string,
  most: number,
): Promise<readonly Suggestion[]> {
  const repositories = await repositoriesLike(db, visibility, piece, most);
  const tags = await tagsLike(db, visibility, piece, most);
  const half = Math.max(Math.ceil(most / 2), most - tags.length);
  const shown = repositories.slice(0, half).map((each) => named('repository', before, each));
  if (shown.length > 0 || tags.length > 0) {
    return [...shown, ...tags.slice(0, most - shown.length).map((each) => named('tag', before, each))];
  }
  const near = await nearRepositories(db, visibility, piece, most);
  return near.map((each) => named('repository', before, each));
}

function named(kind: 'repository' | 'tag', before: string, { reference, facts, isNear }: FoundName): Suggestion {
  return { kind, label: reference, text: `${before}${reference}`, reference, facts, isNear };
}

function plain(kind: 'operator' | 'value', label: string, text: string): Suggestion {
  return { kind, label, text, reference: null };
}

function printed(value: string): string {
  return /[\s"]/.test(value) ? `"${value.replace(/[\\"]/g, '\\$&')}"` : value;
}

function operatorsLike(before: string, piece: string): readonly Suggestion[] {
  const [, sign = '', name = ''] = /^(-?)([a-z-]+)$/.exec(piece) ?? [];
  const names =
    name === ''
      ? []
      : Object.keys(OPERATORS)
          .filter((each) => each.startsWith(name))
          .slice(0, 3);
  return names.map((each) => plain('operator', `${each}:`, `${before}${sign}${each}:`));
}
