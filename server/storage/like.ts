/** For `like … escape '\'`: the text with its own wildcards taken literally. */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

/** The text anywhere in a lower-cased column. */
export function likePattern(text: string): string {
  return `%${escapeLike(text.toLowerCase())}%`;
}
