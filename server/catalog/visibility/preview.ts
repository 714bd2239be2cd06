import { matchesGlob, parseGlob } from '../../access/glob.ts';
import type { Database } from '../../storage/database.ts';
import { allNames } from '../base/repository-lookup.ts';

export interface PatternPreview {
  readonly total: number;
  /** The first few, by name. */
  readonly names: readonly string[];
}

const SHOWN = 20;

/**
 * Existing repositories that a pattern would match, before it is saved.
 * @throws {AppError} INVALID for a malformed pattern.
 */
export async function previewMatches(db: Database, pattern: string): Promise<PatternPreview> {
  const glob = parseGlob(pattern);
  const names: string[] = [];
  let total = 0;
  for (const name of await allNames(db)) {
    if (!matchesGlob(glob, name)) continue;
    total += 1;
    if (names.length < SHOWN) names.push(name);
  }
  return { total, names };
}
