/** For `like … escape '\\'` on a lower-cased column: the text anywhere, its own wildcards taken literally. */
export function likePattern(text: string): string {
  return `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
}
