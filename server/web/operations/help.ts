import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MarkdownPart } from '../parts/markdown.ts';
import { type PlainHttpView, plainHttpView } from '../parts/plain-http.ts';
import type { RegistryReach } from '../parts/reach.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { findHelp, type HelpGroup, type HelpSection, type HelpText, helpText, withAnchorsOf } from './help-view.ts';
import { type RelatedCheck, relatedChecks } from './status.ts';

export interface HelpGroupCells extends Omit<HelpGroup, 'sections'> {
  readonly sections: readonly (HelpSection & { readonly checks: readonly RelatedCheck[] })[];
}

export interface HelpPageDeps {
  /** Folder with `troubleshooting.md` and `troubleshooting.<language>.md`. */
  readonly docs: string;
  readonly reach: RegistryReach;
  readonly realm: string;
}

export interface HelpView {
  readonly title: string;
  readonly bare: boolean;
  readonly intro: readonly MarkdownPart[];
  readonly question: string;
  readonly groups: readonly HelpGroupCells[];
  readonly found: number;
  readonly allHref: string;
  readonly plainHttp: PlainHttpView | null;
}

/** Public: people who cannot sign in need it most, and it reveals nothing about this registry. */
export function helpPage({ docs, reach, realm }: HelpPageDeps): PageModule {
  const texts = new Map<string, HelpText>();

  /** English where there is no translation. */
  function textFor(locale: string): HelpText {
    const text = texts.get(locale) ?? readText(docs, locale);
    texts.set(locale, text);
    return text;
  }

  return (routes) => {
    routes.get('/help/troubleshooting', 'public', async (page) => {
      const plainHttp = page.viewer.isSignedIn ? plainHttpView({ reach, realm, page }) : null;
      await page.render('operations/help', helpView(page, textFor(page.locale), plainHttp));
    });
  };
}

function readText(docs: string, locale: string): HelpText {
  const original = helpText(readFileSync(join(docs, 'troubleshooting.md'), 'utf8'));
  const translated = join(docs, `troubleshooting.${locale}.md`);
  return existsSync(translated) ? withAnchorsOf(helpText(readFileSync(translated, 'utf8')), original) : original;
}

export function helpView(
  page: Pick<Page, 't' | 'query' | 'url' | 'viewer'>,
  text: HelpText,
  plainHttp: PlainHttpView | null,
): HelpView {
  const question = page.query('q');
  const { isAdmin, isAuditor } = page.viewer.rights;
  const checksOf = (id: string) => (isAdmin || isAuditor ? relatedChecks(id, page) : []);
  const groups = findHelp(text.groups, question).map((group) => ({
    ...group,
    sections: group.sections.map((section) => ({ ...section, checks: checksOf(section.id) })),
  }));
  return {
    ...{ title: text.title, intro: text.intro, question, groups, plainHttp },
    bare: !page.viewer.isSignedIn,
    found: groups.reduce((sum, { sections }) => sum + sections.length, 0),
    allHref: page.url('/help/troubleshooting'),
  };
}
