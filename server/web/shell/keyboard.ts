import { navigation } from './nav.ts';
import type { Page } from './page.ts';
import type { PageModule } from './routes.ts';

interface KeyLine {
  /** Keys pressed one after the other. */
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
      title: t('shell:keys.everywhere'),
      lines: [
        { keys: ['/'], or: ['Ctrl', 'K'], text: t('shell:keys.search') },
        { keys: ['?'], text: t('shell:keys.map') },
        { keys: ['Esc'], text: t('shell:keys.close') },
        { keys: ['c'], text: t('shell:keys.copy_page') },
      ],
    },
    {
      title: t('shell:keys.lists'),
      lines: [
        { keys: ['j'], or: ['↓'], text: t('shell:keys.next') },
        { keys: ['k'], or: ['↑'], text: t('shell:keys.previous') },
        { keys: ['Enter'], text: t('shell:keys.open') },
        { keys: ['x'], text: t('shell:keys.select') },
        { keys: ['c'], text: t('shell:keys.copy') },
        { keys: ['['], text: t('shell:keys.page_back') },
        { keys: [']'], text: t('shell:keys.page_on') },
      ],
    },
    {
      title: t('shell:keys.places'),
      lines: places.map(({ letter, label }) => ({ keys: ['g', letter], text: t(label) })),
    },
  ];
}

/** The list of shortcuts: a page of its own, and a dialog that `?` opens on any page. */
export const keyboardPage: PageModule = (routes) => {
  routes.get('/keyboard', 'public', (page) =>
    page.render('shell/keyboard', {
      title: page.t('shell:keys.title'),
      bare: page.viewer.mustChangePassword,
      groups: groups(page),
    }),
  );
};
