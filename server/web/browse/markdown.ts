/**
 * The little of Markdown that makes a README readable: headings, lists, tables, code, links. Everything else, HTML above
 * all, stays the text that it is; the template escapes it.
 */
import { safeLink } from './secrets.ts';

export interface Inline {
  readonly kind: 'text' | 'code' | 'strong' | 'link';
  readonly text: string;
  readonly href: string;
}

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly parts: readonly Inline[] }
  | { readonly kind: 'paragraph'; readonly parts: readonly Inline[] }
  | { readonly kind: 'list'; readonly items: readonly (readonly Inline[])[] }
  | {
      readonly kind: 'table';
      readonly head: readonly (readonly Inline[])[];
      readonly rows: readonly (readonly (readonly Inline[])[])[];
    }
  | { readonly kind: 'code'; readonly text: string };

const MOST_LINES = 5000;
const LONGEST_LINE = 5000;

export function markdownBlocks(text: string): readonly Block[] {
  const lines = text.split(/\r?\n/, MOST_LINES).map((line) => line.slice(0, LONGEST_LINE));
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const read = readFence(lines, at) ?? readHeading(lines, at) ?? readTable(lines, at) ?? readList(lines, at);
    if (read !== undefined) {
      blocks.push(read.block);
      at = read.end;
    } else if ((lines[at] ?? '').trim() === '') at += 1;
    else {
      const end = endOfParagraph(lines, at);
      blocks.push({ kind: 'paragraph', parts: inlines(lines.slice(at, end).join(' ')) });
      at = end;
    }
  }
  return blocks;
}

interface Read {
  readonly block: Block;
  /** The line behind it. */
  readonly end: number;
}

function readFence(lines: readonly string[], at: number): Read | undefined {
  const mark = /^\s{0,3}(```|~~~)/.exec(lines[at] ?? '')?.[1];
  if (mark === undefined) return undefined;
  const close = lines.findIndex((line, index) => index > at && line.trimStart().startsWith(mark));
  const end = close < 0 ? lines.length : close;
  return { block: { kind: 'code', text: lines.slice(at + 1, end).join('\n') }, end: end + 1 };
}

function readHeading(lines: readonly string[], at: number): Read | undefined {
  const [, marks, text = ''] = /^(#{1,6})\s+(.*)$/.exec(lines[at] ?? '') ?? [];
  if (marks === undefined) return undefined;
  return { block: { kind: 'heading', level: marks.length, parts: inlines(text.replace(/\s#+$/, '')) }, end: at + 1 };
}

function readTable(lines: readonly string[], at: number): Read | undefined {
  if (!isTableRow(lines[at]) || !/^\s*\|?\s*:?-+/.test(lines[at + 1] ?? '') || !(lines[at + 1] ?? '').includes('|'))
    return undefined;
  let end = at + 2;
  while (end < lines.length && isTableRow(lines[end])) end += 1;
  const rows = lines.slice(at + 2, end).map(cells);
  return { block: { kind: 'table', head: cells(lines[at] ?? ''), rows }, end };
}

function isTableRow(line: string | undefined): boolean {
  return (line ?? '').trimStart().startsWith('|');
}

function cells(line: string): readonly (readonly Inline[])[] {
  const bare = line.trim().replace(/^\|/, '').replace(/\|$/, '');
  return bare.split('|', 30).map((cell) => inlines(cell.trim()));
}

const ITEM = /^\s*(?:[-*+]|\d{1,4}[.)])\s+(.*)$/;

function readList(lines: readonly string[], at: number): Read | undefined {
  if (!ITEM.test(lines[at] ?? '')) return undefined;
  const items: string[] = [];
  let end = at;
  for (; end < lines.length; end += 1) {
    const line = lines[end] ?? '';
    const item = ITEM.exec(line)?.[1];
    if (item !== undefined) items.push(item);
    else if (/^\s+\S/.test(line)) items[items.length - 1] += ` ${line.trim()}`;
    else break;
  }
  return { block: { kind: 'list', items: items.map(inlines) }, end };
}

function endOfParagraph(lines: readonly string[], at: number): number {
  let end = at + 1;
  while (
    end < lines.length &&
    (lines[end] ?? '').trim() !== '' &&
    !/^(?:#{1,6}\s|\s*\||\s{0,3}(?:```|~~~)|\s*[-*+]\s)/.test(lines[end] ?? '')
  )
    end += 1;
  return end;
}

const INLINE =
  /`([^`]{1,1000})`|\*\*([^*]{1,1000})\*\*|!?\[([^\][]{0,500})\]\(([^()\s]{1,2000})\)|<(https?:\/\/[^<>\s]{1,2000})>/g;

export function inlines(text: string): readonly Inline[] {
  const parts: Inline[] = [];
  let from = 0;
  const plain = (end: number): void => {
    if (end > from) parts.push({ kind: 'text', text: text.slice(from, end), href: '' });
  };
  for (const found of text.matchAll(INLINE)) {
    plain(found.index);
    parts.push(inlineOf(found));
    from = found.index + found[0].length;
  }
  plain(text.length);
  return parts;
}

function inlineOf([whole, code, strong, label, target, address]: RegExpExecArray): Inline {
  if (code !== undefined) return { kind: 'code', text: code, href: '' };
  if (strong !== undefined) return { kind: 'strong', text: strong, href: '' };
  const href = safeLink(target ?? address ?? '');
  // Pictures are not loaded from elsewhere: their description stands for them.
  if (href === null || whole.startsWith('!')) return { kind: 'text', text: label ?? whole, href: '' };
  return { kind: 'link', text: label || href, href };
}
