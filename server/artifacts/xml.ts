import { tooLargeToRead } from '../registry/documents/json-limits.ts';

/** An element without attributes and namespace prefixes. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

interface OpenElement {
  readonly name: string;
  text: string;
  readonly children: OpenElement[];
}

const MAX_ELEMENTS = 500_000;
const MAX_DEPTH = 100;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * A minimal XML parser in linear time. Entities that the document declares are not expanded, and nothing is fetched.
 * @returns undefined when it is not well-formed.
 * @throws {AppError} TOO_LARGE beyond 500 000 elements or 100 levels.
 */
export function parseXml(source: string): XmlElement | undefined {
  const root: OpenElement = { name: '', text: '', children: [] };
  const open: OpenElement[] = [root];
  let count = 0;
  for (let at = 0; at < source.length; ) {
    const start = source.indexOf('<', at);
    const parent = open.at(-1) ?? root;
    parent.text += decoded(source.slice(at, start < 0 ? undefined : start));
    if (start < 0) break;
    const end = endOfMarkup(source, start);
    if (end < 0) return undefined;
    const markup = source.slice(start, end);
    at = end;
    if (markup.startsWith('<![CDATA[')) parent.text += markup.slice(9, -3);
    else if (markup.startsWith('</')) open.pop();
    else if (!markup.startsWith('<!') && !markup.startsWith('<?')) {
      count += 1;
      const element: OpenElement = { name: nameOf(markup), text: '', children: [] };
      parent.children.push(element);
      if (!markup.endsWith('/>')) open.push(element);
    }
    if (open.length === 0) return undefined;
    if (count > MAX_ELEMENTS || open.length > MAX_DEPTH) throw tooLargeToRead();
  }
  return open.length === 1 ? root.children[0] : undefined;
}

/** Index behind its end; -1 when it does not end. */
function endOfMarkup(source: string, start: number): number {
  const [mark, length] = source.startsWith('<!--', start)
    ? ['-->', 3]
    : source.startsWith('<![CDATA[', start)
      ? [']]>', 3]
      : ['>', 1];
  const end = source.indexOf(String(mark), start);
  return end < 0 ? -1 : end + Number(length);
}

function nameOf(markup: string): string {
  const [name = ''] = markup.slice(1, 200).split(/[\s/>]/, 1);
  return name.slice(name.indexOf(':') + 1);
}

function decoded(text: string): string {
  return text.includes('&') ? text.replaceAll(/&(lt|gt|amp|quot|apos);/g, (all, name) => ENTITIES[name] ?? all) : text;
}
