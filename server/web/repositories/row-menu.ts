/**
 * The menu of a row of tags, once for the whole list: `public/js/row-menus.js` puts it into each row, with the row's own
 * tags and digest in the place of `{tag}` and `{digest}`. Without script the row's own page offers the same.
 */
import type { TagGroup } from '../../catalog/lists/tags.ts';
import { referencePath } from '../parts/cells.ts';
import { copyPattern } from '../parts/commands.ts';
import type { Page } from '../shell/page.ts';

export interface RowMenu {
  readonly label: string;
  readonly open: string;
  /** What differs by the kind of image; a row names its place in this list where that is not the first. */
  readonly kinds: readonly MenuKind[];
  readonly deleteText: string;
  /** null: the viewer may not. */
  readonly deleteHref: string | null;
}

interface MenuKind {
  readonly copyText: string;
  readonly command: string;
  /** null: it has no layers to compare. */
  readonly compareHref: string | null;
}

interface MenuFacts {
  readonly rows: readonly Kind[];
  /** Each row is a tag, not all tags of an image. */
  readonly byTag: boolean;
  readonly mayDelete: boolean;
}

type MenuPage = Pick<Page, 't' | 'url' | 'copy'>;
type Kind = Pick<TagGroup, 'kind' | 'artifactType'>;

const kindKey = ({ kind, artifactType }: Kind) => `${kind} ${artifactType ?? ''}`;

/** @returns the menu, and the place of each row's kind in it. */
export function rowMenu(
  page: MenuPage,
  repository: string,
  { rows, byTag, mayDelete }: MenuFacts,
): { readonly menu: RowMenu; readonly places: readonly number[] } {
  const { t, url } = page;
  const keys = [...new Set(rows.map(kindKey))];
  const kinds = keys.flatMap((key) => rows.find((row) => kindKey(row) === key) ?? []);
  const path = url(referencePath(repository));
  return {
    menu: {
      label: t('parts:repository.menu', { tag: '{tag}' }),
      open: byTag ? `${path}:{tag}?digest={digest}` : `${path}@{digest}`,
      kinds: kinds.map((kind) => menuKind(page, repository, kind)),
      deleteText: t('parts:delete.menu', { tag: '{tag}' }),
      deleteHref: mayDelete ? `${path}:{tag}/-/delete?digest={digest}` : null,
    },
    places: rows.map((row) => keys.indexOf(kindKey(row))),
  };
}

function menuKind(page: MenuPage, name: string, { kind, artifactType }: Kind): MenuKind {
  const { tool, command } = copyPattern(page, { name, kind, artifactType });
  return {
    copyText: page.t('parts:copy.menu', { tool }),
    command,
    compareHref:
      kind === 'image' || kind === 'index'
        ? page.url(`/compare?a=${encodeURIComponent(`${name}:`)}{tag}%40{digest}`)
        : null,
  };
}
