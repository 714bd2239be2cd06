/** Suggestions for unknown keys. */

// Sections of the registry's configuration that people wrote into our file.
const REGISTRY_SECTIONS: readonly string[] = [
  'version',
  'storage',
  'http',
  'health',
  'proxy',
  'redis',
  'middleware',
  'validation',
  'auth',
];
const HINTS: Readonly<Record<string, string>> = {
  'registry.auth.allow_anonymous': 'grant a role to anonymous instead',
};

/** @returns the end of a sentence with its leading punctuation; '' without a suggestion. */
export function suggestionFor(path: string, known: readonly string[]): string {
  const hint = HINTS[path];
  if (hint !== undefined) return `: ${hint}`;
  if (REGISTRY_SECTIONS.includes(path.split('.')[0] ?? '')) {
    return ": that belongs into the registry's own configuration";
  }
  const near = nearest(path, known);
  return near === undefined ? '' : `: did you mean ${near}?`;
}

function nearest(path: string, known: readonly string[]): string | undefined {
  const sameLeaf = known.filter((key) => key.endsWith(`.${path.split('.').at(-1)}`));
  const ranked = known
    .map((key) => ({ key, distance: distance(path, key) }))
    .sort((one, other) => one.distance - other.distance);
  const [best] = ranked;
  if (best !== undefined && best.distance <= Math.max(2, Math.floor(path.length / 5))) return best.key;
  return sameLeaf.length === 1 ? sameLeaf[0] : undefined;
}

/** Levenshtein distance. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
