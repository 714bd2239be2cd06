/** Indents and colours JSON by its characters, without parsing it, so that nothing is lost or changed. */
import { isSecretName, secretParts } from './secrets.ts';

export interface JsonToken {
  readonly kind: 'key' | 'text' | 'number' | 'word' | 'plain' | 'secret';
  readonly text: string;
}

export interface JsonView {
  readonly tokens: readonly JsonToken[];
  /** Only the beginning is shown; the download has everything. */
  readonly isCut: boolean;
}

const MAX_LENGTH = 100_000;
const MAX_INDENT = 30;

/** Reads at maxLength `maxLength` characters, each once; text that is not JSON is kept as it is. */
export function jsonView(raw: string, maxLength = MAX_LENGTH): JsonView {
  if (!/^\uFEFF?\s*[{[]/.test(raw.slice(0, 200)))
    return { tokens: [{ kind: 'plain', text: raw.slice(0, maxLength) }], isCut: raw.length > maxLength };
  const writer = createWriter(maxLength);
  let at = 0;
  let depth = 0;
  let lastKey = '';
  while (at < raw.length && !writer.isFull()) {
    const char = raw[at] ?? '';
    if (isSpace(char)) at += 1;
    else if (char === '"') {
      const end = Math.min(endOfString(raw, at), at + maxLength);
      const isKey = raw[skipSpace(raw, end)] === ':';
      const text = raw.slice(at, end);
      writer.string(text, isKey, lastKey);
      lastKey = isKey ? text.slice(1, -1) : lastKey;
      at = end;
    } else if (char === '{' || char === '[') {
      const inner = skipSpace(raw, at + 1);
      const isEmpty = raw[inner] === (char === '{' ? '}' : ']');
      if (isEmpty) writer.add('plain', `${char}${raw[inner]}`);
      else writer.add('plain', char + lineBreak(++depth));
      at = isEmpty ? inner + 1 : at + 1;
    } else if (char === '}' || char === ']') {
      depth = Math.max(0, depth - 1);
      writer.add('plain', lineBreak(depth) + char);
      at += 1;
    } else if (char === ',' || char === ':') {
      writer.add('plain', char === ',' ? `,${lineBreak(depth)}` : ': ');
      at += 1;
    } else {
      const end = endOfWord(raw, at);
      const text = raw.slice(at, Math.min(end, at + maxLength));
      writer.add(/^[-\d]/.test(text) ? 'number' : 'word', text);
      at = end;
    }
  }
  return { tokens: writer.tokens, isCut: at < raw.length };
}

function createWriter(maxLength: number) {
  const tokens: JsonToken[] = [];
  let shown = 0;
  const add = (kind: JsonToken['kind'], text: string): void => {
    const last = tokens.at(-1);
    shown += text.length;
    // Consecutive plain tokens become one, so that the page has fewer elements.
    if (kind === 'plain' && last?.kind === 'plain') tokens[tokens.length - 1] = { kind, text: last.text + text };
    else tokens.push({ kind, text });
  };
  return {
    tokens,
    add,
    isFull: () => shown >= maxLength,
    string(text: string, isKey: boolean, lastKey: string): void {
      if (isKey) add('key', text);
      else if (isSecretName(lastKey) && text.length > 2) add('secret', text);
      else for (const part of secretParts(text)) add(part.isSecret ? 'secret' : 'text', part.text);
    },
  };
}

function lineBreak(depth: number): string {
  return `\n${'  '.repeat(Math.min(depth, MAX_INDENT))}`;
}

function isSpace(char: string): boolean {
  return char === ' ' || char === '\n' || char === '\r' || char === '\t' || char === '\uFEFF';
}

function skipSpace(raw: string, from: number): number {
  let at = from;
  while (at < raw.length && isSpace(raw[at] ?? '')) at += 1;
  return at;
}

/** @returns the position after the closing quote; the end of the text when the string is not closed. */
function endOfString(raw: string, start: number): number {
  for (let at = start + 1; at < raw.length; at += 1) {
    if (raw[at] === '\\') at += 1;
    else if (raw[at] === '"') return at + 1;
  }
  return raw.length;
}

function endOfWord(raw: string, start: number): number {
  let at = start + 1;
  while (at < raw.length && !/[\s"{}[\],:]/.test(raw[at] ?? '')) at += 1;
  return at;
}
