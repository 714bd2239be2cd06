import type { Viewer } from './viewer.ts';

export interface NavItem {
  readonly id: string;
  /** After `g`, leads there. */
  readonly letter: string;
  readonly path: string;
  readonly icon: string;
  /** Key of `shell`. */
  readonly label: string;
  readonly count: number | undefined;
  /** The count is a number of problems. */
  readonly isAlert: boolean;
  /** Shown at the bottom edge of phones, too. */
  readonly onPhones: boolean;
}
export interface NavSection {
  readonly label: string | undefined;
  readonly items: readonly NavItem[];
}
export type NavCounts = Readonly<Record<string, number>>;

type Entry = Omit<NavItem, 'count' | 'isAlert' | 'onPhones'> & {
  readonly phones?: true;
  readonly of: 'all' | 'auditor' | 'admin';
};

const BROWSE: readonly Entry[] = [
  { id: 'home', letter: 'h', path: '/', icon: 'home', label: 'shell:nav.home', of: 'all', phones: true },
  {
    id: 'repositories',
    letter: 'r',
    path: '/repositories',
    icon: 'folder',
    label: 'shell:nav.repositories',
    of: 'all',
    phones: true,
  },
  { id: 'events', letter: 'e', path: '/events', icon: 'activity', label: 'shell:nav.events', of: 'all', phones: true },
  { id: 'space', letter: 's', path: '/space', icon: 'chart-treemap', label: 'shell:nav.space', of: 'all' },
  { id: 'trash', letter: 'd', path: '/housekeeping/trash', icon: 'trash', label: 'shell:nav.trash', of: 'all' },
  { id: 'status', letter: 't', path: '/status', icon: 'stethoscope', label: 'shell:nav.status', of: 'auditor' },
  { id: 'connect', letter: 'c', path: '/connect', icon: 'plug-connected', label: 'shell:nav.connect', of: 'admin' },
];
const PEOPLE: readonly Entry[] = [
  { id: 'users', letter: 'u', path: '/users', icon: 'users', label: 'shell:nav.users', of: 'admin' },
  { id: 'roles', letter: 'o', path: '/roles', icon: 'key', label: 'shell:nav.roles', of: 'admin' },
  { id: 'anonymous', letter: 'n', path: '/anonymous', icon: 'spy', label: 'shell:nav.anonymous', of: 'admin' },
  { id: 'audit', letter: 'a', path: '/audit', icon: 'clipboard-list', label: 'shell:nav.audit', of: 'auditor' },
];

function mayOpen(entry: Entry, { rights }: Viewer, authEnabled: boolean): boolean {
  if (entry.of === 'all') return true;
  if (rights.isAdmin) return true;
  return entry.of === 'auditor' && (rights.isAuditor || !authEnabled);
}

/** Only entries that this viewer can open. */
export function navigation(viewer: Viewer, authEnabled: boolean, counts: NavCounts): readonly NavSection[] {
  const section = (label: string | undefined, entries: readonly Entry[]): NavSection => ({
    label,
    items: entries
      .filter((entry) => mayOpen(entry, viewer, authEnabled))
      .map(({ phones, of: _, ...entry }) => ({
        ...entry,
        count: counts[entry.id],
        isAlert: entry.id === 'status',
        onPhones: phones === true,
      })),
  });
  return [section(undefined, BROWSE), section('shell:nav.people', PEOPLE)].filter(({ items }) => items.length > 0);
}
