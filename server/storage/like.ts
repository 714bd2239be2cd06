/** Escapes wildcards, for `like … escape '\'`. */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

/** Pattern that finds the text anywhere in a lower-case column. */
export function likePattern(text: string): string {
  return `%${escapeLike(text.toLowerCase())}%`;
}
