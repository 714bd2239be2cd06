import { isIP } from 'node:net';
import { ACTIONS, type Action } from '../../access/action.ts';
import type { Access } from '../../access/engine.ts';
import type { RepositoryAccess } from '../../access/repository-access.ts';
import { ANONYMOUS, type Rights, rulesFor } from '../../access/rights.ts';
import type { UserStore } from '../../access/users.ts';
import type { RepositoryRow } from '../../catalog/lists/repositories.ts';
import {
  type ActionChip,
  actionChips,
  mostActions,
  type PersonCells,
  personCells,
  type ReasonCells,
  type RoleCells,
  reasonCells,
  roleCells,
  verdict,
} from '../parts/access-view.ts';
import { actionLabel } from '../parts/event-cells.ts';
import { keyPager, type Pager } from '../parts/pager.ts';
import { mayManage, userPath } from '../parts/people.ts';
import { isReader } from '../parts/what-is-seen.ts';
import type { Page } from '../shell/page.ts';
import { type RepositoryHeadDeps, readOwnHead, repositoryFrame, tabName, tabPath } from './repository-head.ts';

export interface AccessTabDeps extends RepositoryHeadDeps {
  readonly access: Pick<Access, 'rightsOf'>;
  readonly repositoryAccess: RepositoryAccess;
  readonly users: Pick<UserStore, 'find'>;
}

export interface CheckView {
  readonly action: string;
  /** null: one's own rights only. */
  readonly user: string | null;
  readonly address: string;
  readonly actions: readonly { readonly value: string; readonly text: string; readonly selected: boolean }[];
  readonly answer: {
    readonly isAllowed: boolean;
    /** Whose roles decide it; '' is everybody, null where nobody else was asked about. */
    readonly holder: string | null;
    readonly text: string;
    readonly reasons: readonly ReasonCells[];
  } | null;
}

/** What is for admins and auditors only. */
interface Others {
  readonly everybody: PersonCells;
  readonly roles: readonly RoleCells[];
  readonly people: readonly PersonCells[];
  readonly filter: string;
  readonly total: string;
  readonly pager: Pager;
}

const PAGE_ROWS = 50;

/** Who may do what here. Admins and auditors see everybody, others themselves. */
export async function showAccess(deps: AccessTabDeps, page: Page, repository: RepositoryRow): Promise<void> {
  const seesOthers = isReader(page);
  const check = await checkView(deps, page, repository.name, seesOthers);
  await page.render('repositories/repository-access', {
    ...repositoryFrame(page, repository, tabName('access', page)),
    head: await readOwnHead(deps, page, { repository, tab: 'access' }),
    own: ownRights(page, repository.name),
    check,
    others: seesOthers ? await othersView(deps, page, repository.name) : null,
    grantHref: mayManage(page) ? page.url(grantPath(check)) : null,
  });
}

/** To the roles of whom was asked about; else to everybody. */
function grantPath({ answer }: CheckView): string {
  if (answer === null || answer.holder === null) return '/users';
  return answer.holder === '' ? '/anonymous' : userPath(answer.holder);
}

function ownRights(page: Page, repository: string): { text: string; reasons: readonly ReasonCells[] } {
  const { rights } = page.viewer;
  const rules = rulesFor(rights, repository);
  const words = actionChips(mostActions(rights, rules), page).map(({ text }: ActionChip) => text);
  return {
    text: page.t('repositories:access.own', { actions: words.join(page.t('repositories:access.and')) }),
    reasons: reasonCells(rights, rules, page),
  };
}

async function othersView(
  { access, repositoryAccess }: AccessTabDeps,
  page: Page,
  repository: string,
): Promise<Others> {
  const filter = page.query('filter').trim().slice(0, 128);
  const roles = await repositoryAccess.rolesOf(repository);
  const query = { roles, filter, after: page.query('after') || undefined, limit: PAGE_ROWS };
  const found = await repositoryAccess.usersOf(repository, query);
  const people: PersonCells[] = [];
  for (const user of found.users) {
    const rights = await access.rightsOf({ kind: 'user', id: user.id, name: user.name });
    // `${user}` may stand in a rule of a role that somebody holds whose name is only a part of this repository's.
    if (holdsOwn(rights, repository)) people.push(personCells(user.name, rights, repository, page));
  }
  const everybody = await access.rightsOf(ANONYMOUS);
  return {
    everybody: personCells('', everybody, repository, page),
    roles: roles.map((role) => roleCells(role, page)),
    ...{ people, filter, total: page.format.number(found.total) },
    pager: keyPager(page, found.users.length, found.next),
  };
}

function holdsOwn(rights: Rights, repository: string): boolean {
  return rights.isAdmin || rulesFor(rights, repository).some(({ source }) => source?.isForEverybody !== true);
}

async function checkView(deps: AccessTabDeps, page: Page, repository: string, seesOthers: boolean): Promise<CheckView> {
  const action = ACTIONS.find((known) => known === page.query('action'));
  const address = page.query('address').trim().slice(0, 64) || page.origin.address;
  const user = seesOthers ? page.query('user').trim().slice(0, 128) : null;
  const asked = { repository, action: action ?? 'pull', address, user };
  return {
    ...{ action: page.url(tabPath(repository, 'access')), user, address },
    actions: ACTIONS.map((value) => ({ value, text: actionLabel(value, page.t), selected: value === action })),
    answer: action === undefined ? null : await answer(deps, page, asked),
  };
}

/** With the preposition that leads to the repository: "push to web/shop". */
const ACTION_PHRASES = {
  pull: 'repositories:access.to_pull',
  push: 'repositories:access.to_push',
  delete: 'repositories:access.to_delete',
} as const satisfies Record<Action, string>;

interface Asked {
  readonly repository: string;
  readonly action: Action;
  readonly address: string;
  readonly user: string | null;
}

async function answer(deps: AccessTabDeps, page: Page, asked: Asked): Promise<CheckView['answer']> {
  const { t } = page;
  const { action, address, repository } = asked;
  const none = { isAllowed: false, reasons: [], holder: null };
  if (isIP(address) === 0) return { ...none, text: t('repositories:access.no_address', { address }) };
  const found = await rightsAsked(deps, page, asked.user);
  if (typeof found === 'string') return { ...none, text: found };
  const { isAllowed, reasons } = verdict(found.rights, { repository, action, address }, page);
  const values = { who: found.who, action: t(ACTION_PHRASES[action]), repository, address };
  const text = isAllowed ? t('repositories:access.allowed', values) : t('repositories:access.refused', values);
  return { isAllowed, reasons, holder: asked.user, text };
}

/** @returns a sentence instead where nobody can be asked about. */
async function rightsAsked(
  { access, users }: AccessTabDeps,
  page: Page,
  user: string | null,
): Promise<{ who: string; rights: Rights } | string> {
  const { viewer, t } = page;
  if (user === null) return { who: viewer.subject.name || t('repositories:access.anonymous'), rights: viewer.rights };
  if (user === '') return { who: t('repositories:access.anonymous'), rights: await access.rightsOf(ANONYMOUS) };
  const found = await users.find(user);
  if (found === undefined) return t('repositories:access.no_user', { user });
  const rights = await access.rightsOf({ kind: 'user', id: found.id, name: found.username });
  return { who: found.enabled ? found.username : t('repositories:access.disabled', { user: found.username }), rights };
}
