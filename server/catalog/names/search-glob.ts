/**
 * Wildcards in searches: `*` any text, `?` one character, `[a-z]` and `[!x]` one of a set. Everything else is literal.
 */
export type GlobStep =
  | { readonly kind: 'char'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'one' }
  | { readonly kind: 'set'; readonly isNegated: boolean; readonly body: string };

export function hasWildcard(text: string): boolean {
  return globSteps(text).some((step) => step.kind !== 'char');
}

/** Never throws: a set that is not closed, empty or out of order is literal. */
export function globSteps(text: string): readonly GlobStep[] {
  const steps: GlobStep[] = [];
  for (let at = 0; at < text.length; ) {
    const set = text[at] === '[' ? /^\[(!?)([\w.-]+)\]/.exec(text.slice(at)) : null;
    const body = set?.[2] ?? '';
    if (set !== null && isInOrder(body)) {
      steps.push({ kind: 'set', isNegated: set[1] === '!', body });
      at += set[0].length;
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (character === '*') {
      if (steps.at(-1)?.kind !== 'any') steps.push({ kind: 'any' });
    } else steps.push(character === '?' ? { kind: 'one' } : { kind: 'char', text: character });
    at += character.length;
  }
  return steps;
}

/** `-` is first, last, or between the ends of a range: database engines interpret other forms differently. */
function isInOrder(body: string): boolean {
  const inner = body.replace(/^-|-$/g, '');
  const ranges = [...inner.matchAll(/([\w.])-([\w.])/g)];
  const dashes = inner.split('-').length - 1;
  return inner !== '' && dashes === ranges.length && ranges.every(([, from = '', to = '']) => from <= to);
}

/** Pattern for `glob` of SQLite. */
export function sqliteGlob(steps: readonly GlobStep[]): string {
  const parts = { any: '*', one: '?' };
  return steps
    .map((step) => {
      if (step.kind === 'set') return `[${step.isNegated ? '^' : ''}${step.body}]`;
      if (step.kind !== 'char') return parts[step.kind];
      return /[*?[]/.test(step.text) ? `[${step.text}]` : step.text;
    })
    .join('');
}

/** Pattern for `~` of PostgreSQL and for `RegExp`. */
export function globPattern(steps: readonly GlobStep[]): string {
  const parts = { any: '.*', one: '.' };
  const inner = steps.map((step) => {
    if (step.kind === 'set') return `[${step.isNegated ? '^' : ''}${step.body}]`;
    return step.kind === 'char' ? step.text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : parts[step.kind];
  });
  return `^${inner.join('')}$`;
}

/** Texts that every match contains. */
export function literals(steps: readonly GlobStep[]): readonly string[] {
  const found = [''];
  for (const step of steps) {
    if (step.kind === 'char') found.push(`${found.pop()}${step.text}`);
    else found.push('');
  }
  return found.filter((literal) => literal !== '');
}

/** The longest of them without `_` and `%`, which have a meaning in `like`. */
export function longestLiteral(steps: readonly GlobStep[]): string {
  const plain = literals(steps).flatMap((literal) => literal.split(/[%_\\]/));
  return plain.reduce((longest, literal) => (literal.length > longest.length ? literal : longest), '');
}
