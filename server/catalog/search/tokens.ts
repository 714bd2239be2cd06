/** One part of a search, separated by blanks. */
export interface Token {
  readonly isNegated: boolean;
  /** The operator: text before the first unquoted `:`, in lower case; '' if it does not look like one. */
  readonly name: string;
  /** Without quotes. */
  readonly value: string;
  /** A part was quoted, so wildcards are literal. */
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

/** An unclosed quote extends to the end. */
function readQuoted(text: string, start: number): { readonly value: string; readonly end: number } {
  let value = '';
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '"') return { value, end: at + 1 };
    if (text[at] === '\\' && /["\\]/.test(text[at + 1] ?? '')) at += 1;
    value += text[at];
  }
  return { value, end: text.length };
}

/** Inverse of `tokenize` for one token. */
export function printToken({ isNegated, name, value, isQuoted }: Token): string {
  const shown = isQuoted || value === '' ? `"${value.replace(/[\\"]/g, '\\$&')}"` : value;
  return `${isNegated ? '-' : ''}${name === '' ? '' : `${name}:`}${shown}`;
}
