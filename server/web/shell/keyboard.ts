import { navigation } from './nav.ts';
import type { Page } from './page.ts';
import type { PageModule } from './routes.ts';

interface KeyLine {
  /** Pressed one after the other. */
  readonly keys: readonly string[];
  /** Does the same. */
  readonly or?: readonly string[];
  readonly text: string;
}

interface KeyGroup {
  readonly title: string;
  readonly lines: readonly KeyLine[];
}

/** What `public/js/keyboard.js` and the search box listen to. */
function groups({ viewer, authEnabled, t }: Page): readonly KeyGroup[] {
  const places = navigation(viewer, authEnabled, {}).flatMap(({ items }) => items);
  return [
    {
      title: t('common:keys.everywhere'),
      lines: [
        { keys: ['/'], or: ['Ctrl', 'K'], text: t('common:keys.search') },
        { keys: ['?'], text: t('common:keys.map') },
        { keys: ['Esc'], text: t('common:keys.close') },
        { keys: ['c'], text: t('common:keys.copy_page') },
      ],
    },
    {
      title: t('common:keys.lists'),
      lines: [
        { keys: ['j'], or: ['↓'], text: t('common:keys.next') },
        { keys: ['k'], or: ['↑'], text: t('common:keys.previous') },
        { keys: ['Enter'], text: t('common:keys.open') },
        { keys: ['x'], text: t('common:keys.select') },
        { keys: ['c'], text: t('common:keys.copy') },
        { keys: ['['], text: t('common:keys.page_back') },
        { keys: [']'], text: t('common:keys.page_on') },
      ],
    },
    {
      title: t('common:keys.places'),
      lines: places.map(({ letter, label }) => ({ keys: ['g', letter], text: t(label) })),
    },
  ];
}

/** The map of the keyboard: `?` shows it over any page, and it is one by itself. */
export const keyboardPage: PageModule = (routes) => {
  routes.get('/keyboard', 'public', (page) =>
    page.render('shell/keyboard', {
      title: page.t('common:keys.title'),
      bare: page.viewer.mustChangePassword,
      groups: groups(page),
    }),
  );
};
