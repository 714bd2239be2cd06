/** Commands without an object: navigation, creation, preferences. */
import { remembering } from '../shell/format.ts';
import { navigation } from '../shell/nav.ts';
import type { Page } from '../shell/page.ts';
import type { BarItem } from './bar-item.ts';
import { matchesPhrases } from './command-words.ts';

export type CommandPage = Pick<
  Page,
  | 't'
  | 'everywhere'
  | 'languages'
  | 'locale'
  | 'scheme'
  | 'url'
  | 'viewer'
  | 'origin'
  | 'copy'
  | 'authEnabled'
  | 'format'
>;

interface Known extends Partial<BarItem> {
  readonly label: string;
  readonly icon: string;
  /** Phrases that can be typed for it. */
  readonly words: readonly string[];
}

const MAX_ITEMS = 6;

/** @param back path of ours to return to after a preference was changed */
export function staticCommands(page: CommandPage, text: string, back: string): readonly BarItem[] {
  const known = [...places(page), ...pages(page), ...switches(page, back), ...signing(page)];
  const meant = known.filter(({ words, label }) => matchesPhrases(text, [label, ...words]));
  return meant.slice(0, MAX_ITEMS).map(({ words: _, ...item }) => item);
}

function places({ t, everywhere, url, viewer, authEnabled }: CommandPage): readonly Known[] {
  const entries = navigation(viewer, authEnabled, {}).flatMap(({ items }) => items);
  return entries.map((entry) => ({
    label: t('search:command.go', { place: t(entry.label) }),
    icon: entry.icon,
    href: url(entry.path),
    words: [...everywhere('search:words.go'), ...everywhere(entry.label)],
  }));
}

function pages({ t, everywhere, url, viewer, authEnabled }: CommandPage): readonly Known[] {
  const known: Known[] = [];
  if (viewer.rights.isAdmin && authEnabled) {
    known.push(
      {
        label: t('search:command.new_user'),
        icon: 'user-plus',
        href: url('/users/-/new'),
        words: everywhere('search:words.new_user'),
      },
      {
        label: t('search:command.new_role'),
        icon: 'key',
        href: url('/roles/-/new'),
        words: everywhere('search:words.new_role'),
      },
    );
  }
  if (viewer.isSignedIn) {
    known.push(
      {
        label: t('search:command.account'),
        icon: 'user',
        href: url('/account'),
        words: everywhere('search:words.account'),
      },
      { label: t('search:command.api'), icon: 'api', href: url('/api/docs'), words: everywhere('search:words.api') },
    );
  }
  return known;
}

function switches({ t, everywhere, url, languages, locale, scheme }: CommandPage, back: string): readonly Known[] {
  const action = url('/preferences');
  const other = languages.filter((language) => language.locale !== locale);
  const schemes = (['light', 'dark', 'system'] as const).filter((each) => each !== scheme);
  const names = {
    light: 'shell:scheme.light',
    dark: 'shell:scheme.dark',
    system: 'shell:scheme.system',
  };
  return [
    ...other.map((language) => ({
      label: t('search:command.language', { language: language.name }),
      icon: 'language',
      form: { action, fields: { language: language.locale, next: back } },
      words: [...everywhere('search:words.language'), language.name, language.locale, englishName(language.locale)],
    })),
    ...schemes.map((each) => ({
      label: t('search:command.scheme', { scheme: t(names[each]) }),
      icon: each === 'light' ? 'sun' : 'moon',
      form: { action, fields: { scheme: each, next: back } },
      words: [...everywhere('search:words.scheme'), ...everywhere(names[each])],
    })),
  ];
}

const englishName = remembering(
  (locale: string) => new Intl.DisplayNames(['en'], { type: 'language' }).of(locale) ?? locale,
);

function signing({ t, everywhere, url, viewer, authEnabled }: CommandPage): readonly Known[] {
  if (!authEnabled) return [];
  if (!viewer.isSignedIn) {
    return [
      {
        label: t('search:command.sign_in'),
        icon: 'user',
        href: url('/login'),
        words: everywhere('search:words.sign_in'),
      },
    ];
  }
  const form = { action: url('/sign-out'), fields: {} };
  return [{ label: t('search:command.sign_out'), icon: 'logout', form, words: everywhere('search:words.sign_out') }];
}
