/** EJS tags, and the tags of HTML with the EJS in them. What lies between is text. */
const PIECES = /(<%[\s\S]*?%>|<\/?[a-zA-Z](?:<%[\s\S]*?%>|"(?:<%[\s\S]*?%>|[^"])*"|[^<>"])*>)/;
const BREAK = /[^\S\n]*\n\s*/g;

/**
 * Templates are written for readers, pages for browsers: a line break between elements prints nothing (a space that shall
 * be seen there is written `&#32;`), nor does an end tag that HTML implies. The breaks stay as comments, so that EJS counts
 * its lines right.
 */
export function templateText(source: string): string {
  return source
    .trim()
    .split(PIECES)
    .map((piece, index) => (index % 2 === 0 ? betweenTags(piece) : tagText(piece)))
    .join('');
}

/** A browser ends these by itself where the next one begins or the table, list or menu ends. */
const IMPLIED = /^<\/(?:td|th|tr|thead|tbody|li|option|dt|dd)>$/;

function tagText(tag: string): string {
  if (tag.startsWith('<%')) return tag;
  return IMPLIED.test(tag) ? '' : insideTag(tag);
}

const unseen = (lineBreak: string) => `<%#${lineBreak.replace(/[^\n]/g, '')}%>`;

function betweenTags(text: string): string {
  return text.replace(BREAK, unseen).replaceAll('&#32;', ' ');
}

/** Attributes stand apart; a condition brings the space of its attributes along. */
function insideTag(tag: string): string {
  return tag
    .replace(/\s*\n\s*(?=<%[^=-])/g, unseen)
    .split(/(<%[\s\S]*?%>)/)
    .map((piece, index) => (index % 2 === 0 ? piece.replace(BREAK, (lineBreak) => ` ${unseen(lineBreak)}`) : piece))
    .join('');
}
