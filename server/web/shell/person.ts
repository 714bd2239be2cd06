const TONES = 8;

/** Number of the avatar's colour, 0 to 7: a hash of the name, so that it never changes. */
export function personTone(name: string): number {
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return hash % TONES;
}

/** `wei` → `WE`, `wei.chen` → `WC`. */
export function initials(name: string): string {
  const [first = '?', second] = name.split(/[._@+-]+/).filter((part) => part !== '');
  const letters = second === undefined ? [...first].slice(0, 2).join('') : `${[...first][0]}${[...second][0]}`;
  return letters.toUpperCase();
}
