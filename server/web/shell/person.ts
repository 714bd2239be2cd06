const TONES = 8;

/** The same colour for the same name, everywhere and always. */
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
