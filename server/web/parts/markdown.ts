/**
 * Untrusted Markdown as a flat list of parts, which one template draws. markdown-it parses it; only the tags below are
 * produced, so no HTML has to be sanitised. HTML in the text is shown as text, and nothing is loaded from elsewhere: an
 * image becomes a link with its description.
 */
import { LRUCache } from 'lru-cache';
import MarkdownIt, { type Token } from 'markdown-it';
import { safeLink } from './secrets.ts';

const TAGS = [
  ...['p', 'ul', 'ol', 'li', 'blockquote', 'pre', 'code', 'strong', 'em', 's', 'a'],
  ...['table', 'thead', 'tbody', 'tr', 'th', 'td', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'],
] as const;
const KNOWN: ReadonlySet<string> = new Set(TAGS);

/** `tag` is one of `TAGS`, `href` an http or https address. */
export type MarkdownPart =
  | { readonly kind: 'open'; readonly tag: string; readonly href: string | null }
  | { readonly kind: 'close'; readonly tag: string }
  | { readonly kind: 'alone'; readonly tag: 'br' | 'hr' }
  | { readonly kind: 'text'; readonly text: string };

const MAX_TEXT_LENGTH = 256 * 1024;
const MAX_DEPTH = 20;
const LAST_LEVEL = 6;

type Parser = InstanceType<typeof MarkdownIt>;
let made: Parser | undefined;

/** Created on first use: most pages have no Markdown. */
function parser(): Parser {
  if (made !== undefined) return made;
  made = new MarkdownIt({ html: false, linkify: true, maxNesting: MAX_DEPTH });
  // Names without a scheme, like `registry.example.com`, are not linked.
  made.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
  return made;
}

/** @param topLevel level of the highest heading; lower ones are used by the page around it */
export function markdownParts(text: string, topLevel = 3): readonly MarkdownPart[] {
  const writer = createWriter(topLevel);
  for (const token of parser().parse(text.slice(0, MAX_TEXT_LENGTH), {})) writer.block(token);
  return writer.parts;
}

function createWriter(topLevel: number) {
  const parts: MarkdownPart[] = [];
  const headings = createLevels(topLevel);
  // For each open link whether it was written; the end of a refused link is left out, too.
  const links: boolean[] = [];
  const text = (content: string) => void (content !== '' && parts.push({ kind: 'text', text: content }));
  const open = (tag: string, href: string | null = null) => void parts.push({ kind: 'open', tag, href });
  const close = (tag: string) => void parts.push({ kind: 'close', tag });

  function wrapped(tags: readonly string[], content: string): void {
    for (const tag of tags) open(tag);
    text(content);
    for (const tag of tags.toReversed()) close(tag);
  }

  function link(token: Token): void {
    const href = token.nesting === 1 ? safeLink(attribute(token, 'href')) : null;
    if (token.nesting === 1) links.push(href !== null);
    if (href !== null) open('a', href);
    if (token.nesting === 1 || !links.pop()) return;
    const last = parts.at(-1);
    if (last?.kind === 'open') text(last.href ?? '');
    close('a');
  }

  function image(token: Token): void {
    const href = links.includes(true) ? null : safeLink(attribute(token, 'src'));
    const label = plainText(token) || (href ?? '');
    if (href !== null) open('a', href);
    text(label);
    if (href !== null) close('a');
  }

  function inline(token: Token): void {
    if (token.type === 'link_open' || token.type === 'link_close') link(token);
    else if (token.type === 'image') image(token);
    else if (token.type === 'softbreak') text(' ');
    else if (token.type === 'hardbreak') parts.push({ kind: 'alone', tag: 'br' });
    else if (token.type === 'code_inline') wrapped(['code'], token.content);
    else if (token.nesting === 0) text(token.content);
    else tagged(token, token.tag);
  }

  function tagged({ nesting, hidden }: Token, tag: string): void {
    if (hidden || !KNOWN.has(tag)) return;
    if (nesting === 1) open(tag);
    else close(tag);
  }

  function block(token: Token): void {
    if (token.type === 'inline') for (const child of token.children ?? []) inline(child);
    else if (token.type === 'hr') parts.push({ kind: 'alone', tag: 'hr' });
    else if (token.type === 'fence' || token.type === 'code_block') wrapped(['pre', 'code'], token.content);
    else if (token.type === 'heading_open') tagged(token, headings.open(Number(token.tag.slice(1))));
    else if (token.type === 'heading_close') closeHeading(token);
    else if (token.nesting === 0) text(token.content);
    else tagged(token, token.tag);
  }

  /** Removes empty headings, which would confuse screen readers. */
  function closeHeading(token: Token): void {
    if (parts.at(-1)?.kind !== 'open') tagged(token, headings.current());
    else {
      parts.pop();
      headings.drop();
    }
  }

  return { parts, block };
}

/** Heading levels without gaps, as screen readers need them. */
function createLevels(topLevel: number) {
  const above: number[] = [];
  const current = () => `h${Math.min(LAST_LEVEL, topLevel + above.length - 1)}`;
  return {
    current,
    drop: () => void above.pop(),
    open(written: number): string {
      while (above.length > 0 && (above.at(-1) ?? 0) >= written) above.pop();
      above.push(written);
      return current();
    },
  };
}

function attribute(token: Token, name: string): string {
  return String(token.attrGet(name) ?? '');
}

function plainText(token: Token): string {
  const children = token.children ?? [];
  if (children.length === 0) return token.type === 'image' ? '' : token.content;
  return children
    .map((child) => (child.type === 'softbreak' || child.type === 'hardbreak' ? ' ' : plainText(child)))
    .join('');
}

const MAX_SUMMARY_INPUT = 4000;
const MAX_SUMMARY_LENGTH = 160;

/** The beginning as plain text: of the first paragraph with more than badges, else the first heading. */
export function plainSummary(text: string): string {
  const read = text.slice(0, MAX_SUMMARY_INPUT);
  if (read.trim() === '') return '';
  const known = summaries.get(read) ?? summaryOf(read);
  summaries.set(read, known);
  return known;
}

// Reading Markdown costs more than everything else in the head of a repository.
const summaries = new LRUCache<string, string>({ max: 500 });

function summaryOf(text: string): string {
  const tokens = parser().parse(text, {});
  const texts = (kind: string) =>
    tokens
      .filter((token, at) => token.type === 'inline' && tokens[at - 1]?.type === kind)
      .map((token) =>
        plainText({ ...token, children: (token.children ?? []).filter(({ type }) => type !== 'image') } as Token),
      )
      .map((line) => line.replace(/\s+/g, ' ').trim())
      .filter((line) => line !== '');
  const [found = ''] = [...texts('paragraph_open'), ...texts('heading_open')];
  return found.length > MAX_SUMMARY_LENGTH ? `${found.slice(0, MAX_SUMMARY_LENGTH).trimEnd()}…` : found;
}
