/** Draws a page's template with its view model in the real layout, without a server. */
import { join } from 'node:path';
import { ANONYMOUS, type Rights } from '../../../server/access/rights.ts';
import { compileRule } from '../../../server/access/rule.ts';
import { DEFAULT_CHOICE } from '../../../server/web/shell/copy-choice.ts';
import { createFormat } from '../../../server/web/shell/format.ts';
import { createLanguages, type Locale } from '../../../server/web/shell/i18n.ts';
import { initials, personTone } from '../../../server/web/shell/person.ts';
import { createViewEngine } from '../../../server/web/shell/view-engine.ts';
import { NOW } from '../data/browse-facts.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const languages = createLanguages(join(ROOT, 'locales'));
// Not cached: there a name that the model lacks is an error.
const renderView = createViewEngine(join(ROOT, 'views'), false);

export const ADMIN: Rights = { subject: ANONYMOUS, isAdmin: true, isAuditor: false, rules: [] };
const pullOnly = { repository: '**', address: '*', canPull: true, canPush: false, canDelete: false };
export const READER: Rights = {
  ...{ subject: { kind: 'user', id: 2, name: 'lin' }, isAdmin: false, isAuditor: false },
  rules: [compileRule(pullOnly, 'lin')],
};
export const NOBODY: Rights = { ...READER, rules: [] };

/** What view models and templates need of a page. */
export function testPage({ rights = ADMIN, locale = 'en' as Locale, query = {} as Record<string, string> } = {}) {
  const t = languages.translator(locale);
  const subject = { kind: 'user' as const, id: 1, name: 'lin' };
  const urlWith = (changes: Readonly<Record<string, string | number | null>>) => {
    const entries = Object.entries({ ...query, ...changes }).filter(([, value]) => value !== null);
    return `/web/here?${new URLSearchParams(entries.map(([key, value]): [string, string] => [key, String(value)]))}`;
  };
  return {
    ...{ t, locale, urlWith, scheme: 'light' as const, csrf: 'token', path: '/here', authEnabled: true },
    copy: { host: 'registry.example.com', isPlainHttp: false, choice: DEFAULT_CHOICE },
    languages: languages.all,
    everywhere: (key: string) => languages.all.map((each) => languages.translator(each.locale)(key)),
    format: createFormat(locale, () => NOW, 'now'),
    url: (path: string) => `/web${path}`,
    query: (name: string) => query[name] ?? '',
    origin: { address: '10.0.0.1', secure: false, host: 'localhost' },
    viewer: { subject, rights, user: undefined, isSignedIn: true, mustChangePassword: false },
  };
}
export type TestPage = ReturnType<typeof testPage>;

export function renderPage(page: TestPage, view: string, model: object): Promise<string> {
  const shell = {
    ...{
      nav: [],
      askedAt: 0,
      hash: '',
      me: { name: 'lin', tone: 0, initials: 'LI' },
      isNavFolded: false,
      keys: true,
      languages: languages.all,
      asset: (name: string) => `/assets/${name}`,
      flash: undefined,
      storageWarning: undefined,
      warnPlainHttp: false,
    },
    ...{ registry: { name: 'registry.example.com', state: undefined }, personTone, initials },
  };
  return renderView(view, { ...model, page: { ...page, ...shell } });
}
