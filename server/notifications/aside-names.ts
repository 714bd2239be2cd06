import { isRepositoryName } from '../registry/documents/reference.ts';

/** What an envelope that was not understood tells all the same. */
export interface AsideNames {
  readonly repositories: readonly string[];
  /** False: it names others, too. */
  readonly isAll: boolean;
}

export interface AsideEnvelope extends AsideNames {
  readonly verified: boolean;
}

const MAX_NAMES = 50;

/** The repositories that an odd envelope names, by the form in which every registry writes them. */
export function namesIn(body: Buffer): AsideNames {
  const names = new Set<string>();
  for (const [, name = ''] of body.toString('latin1').matchAll(/"repository"\s{0,8}:\s{0,8}"([^"\\]{1,255})"/g)) {
    if (!isRepositoryName(name) || names.has(name)) continue;
    if (names.size === MAX_NAMES) return { repositories: [...names], isAll: false };
    names.add(name);
  }
  return { repositories: [...names], isAll: names.size > 0 };
}
