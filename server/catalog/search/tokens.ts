/** One blank-separated piece of a search. */
export interface Token {
  readonly isNegated: boolean;
  /** What stands before the first `:` outside of quotes, lower-cased, when it looks like an operator; else ''. */
  readonly name: string;
  /** Without quotes. */
  readonly value: string;
  /** Something in it was quoted, so wildcards are plain characters. */
  readonly isQuoted: boolean;
}

const NAME = /^([a-z][a-z-]*):/i;

export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    if (/\s/.test(text[at] ?? '')) at += 1;
    else {
      const piece = readPiece(text, at);
      at = piece.end;
      if (piece.token.value !== '' || piece.token.name !== '') tokens.push(piece.token);
    }
  }
  return tokens;
}

function readPiece(text: string, start: number): { readonly token: Token; readonly end: number } {
  const isNegated = text[start] === '-';
  let at = isNegated ? start + 1 : start;
  const name = NAME.exec(text.slice(at, at + 40))?.[1] ?? '';
  if (name !== '') at += name.length + 1;
  let [value, isQuoted] = ['', false];
  while (at < text.length && !/\s/.test(text[at] ?? '')) {
    if (text[at] === '"') {
      const quoted = readQuoted(text, at + 1);
      [value, isQuoted, at] = [value + quoted.value, true, quoted.end];
    } else {
      value += text[at];
      at += 1;
    }
  }
  return { token: { isNegated, name: name.toLowerCase(), value, isQuoted }, end: at };
}

/** A quote that nobody closes reaches to the end. */
function readQuoted(text: string, start: number): { readonly value: string; readonly end: number } {
  let value = '';
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '"') return { value, end: at + 1 };
    if (text[at] === '\\' && /["\\]/.test(text[at + 1] ?? '')) at += 1;
    value += text[at];
  }
  return { value, end: text.length };
}

/** The reverse of `tokenize` for one piece. */
export function printToken({ isNegated, name, value, isQuoted }: Token): string {
  const shown = isQuoted || value === '' ? `"${value.replace(/[\\"]/g, '\\$&')}"` : value;
  return `${isNegated ? '-' : ''}${name === '' ? '' : `${name}:`}${shown}`;
}
