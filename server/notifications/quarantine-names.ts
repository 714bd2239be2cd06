import { isRepositoryName } from '../registry/documents/reference.ts';

/** The repositories named in an envelope that could not be parsed. */
export interface NamedRepositories {
  readonly repositories: readonly string[];
  /** False when it names more than were extracted. */
  readonly isAll: boolean;
}

export interface QuarantinedNames extends NamedRepositories {
  readonly verified: boolean;
}

const MAX_NAMES = 50;

/** Extracts repository names from the raw bytes by the form in which every registry writes them. */
export function repositoriesNamedIn(body: Buffer): NamedRepositories {
  const names = new Set<string>();
  for (const [, name = ''] of body.toString('latin1').matchAll(/"repository"\s{0,8}:\s{0,8}"([^"\\]{1,255})"/g)) {
    if (!isRepositoryName(name) || names.has(name)) continue;
    if (names.size === MAX_NAMES) return { repositories: [...names], isAll: false };
    names.add(name);
  }
  return { repositories: [...names], isAll: names.size > 0 };
}
