/**
 * The troubleshooting page is docs/troubleshooting.md, split at its headings, so that repository and product show the same
 * text. Headings are messages of clients, so a pasted message finds its section.
 */
import { type MarkdownPart, markdownParts } from '../parts/markdown.ts';

export interface HelpGroup {
  readonly title: string;
  readonly id: string;
  readonly sections: readonly HelpSection[];
}

export interface HelpSection {
  /** Without the backquotes. */
  readonly title: string;
  /** The heading is the message of a program and shown as code. */
  readonly isMessage: boolean;
  /** The anchor that GitHub makes of the heading. */
  readonly id: string;
  readonly parts: readonly MarkdownPart[];
  /** Everything in the section, in lower case, to search in. */
  readonly text: string;
}

export interface HelpText {
  readonly title: string;
  readonly intro: readonly MarkdownPart[];
  readonly groups: readonly HelpGroup[];
}

export function helpText(markdown: string): HelpText {
  const [head = '', ...groups] = markdown.split(/^## /m);
  const [title = '', ...intro] = head.replace(/^# /, '').split('\n');
  return { title: title.trim(), intro: markdownParts(intro.join('\n')), groups: groups.map(helpGroup) };
}

function helpGroup(text: string): HelpGroup {
  const [head = '', ...sections] = text.split(/^### /m);
  const title = head.trim();
  return { title, id: anchorOf(title), sections: sections.map(helpSection) };
}

function helpSection(text: string): HelpSection {
  const end = text.indexOf('\n');
  const heading = text.slice(0, end).trim();
  const title = heading.replace(/^`|`$/g, '');
  const body = text.slice(end);
  const isMessage = heading !== title;
  return { title, isMessage, id: anchorOf(title), parts: markdownParts(body, 4), text: plain(`${title} ${body}`) };
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

/** Gives a translation the anchors of the original, section by section, so that links work in every language. */
export function withAnchorsOf(text: HelpText, original: HelpText): HelpText {
  const groups = text.groups.map((group, at) => ({
    ...group,
    id: original.groups[at]?.id ?? group.id,
    sections: group.sections.map((section, index) => ({
      ...section,
      id: original.groups[at]?.sections[index]?.id ?? section.id,
    })),
  }));
  return { ...text, groups };
}

const MAX_QUESTION_LENGTH = 2000;

/** Sections whose heading is part of the question; if there are none, those that contain every word of it. */
export function findHelp(groups: readonly HelpGroup[], question: string): readonly HelpGroup[] {
  const asked = plain(question.slice(0, MAX_QUESTION_LENGTH));
  if (asked === '') return groups;
  const quoted = filterSections(groups, ({ title, isMessage }) => isMessage && asked.includes(plain(title)));
  if (quoted.length > 0) return quoted;
  const words = asked.split(' ');
  return filterSections(groups, ({ text }) => words.every((word) => text.includes(word)));
}

function filterSections(
  groups: readonly HelpGroup[],
  isWanted: (section: HelpSection) => boolean,
): readonly HelpGroup[] {
  return groups
    .map((group) => ({ ...group, sections: group.sections.filter(isWanted) }))
    .filter(({ sections }) => sections.length > 0);
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[`*"'“”\\]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
