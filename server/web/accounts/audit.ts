import type { AuditDetail } from '../../audit/audit.ts';
import { TOPIC } from '../live/live-news.ts';
import { shortDigest } from '../parts/cells.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import type { AccountPagesDeps } from './account-deps.ts';

const PAGE_SIZE = 100;

/** The families of actions that have a chip to filter by. */
/** Not of the audit itself: strangers cause these, so they have a list and a limit of their own. */
const FAILED = 'failed';
const FAMILIES = ['session.', 'password.', 'user.', 'role.', 'tag.'] as const;

export function auditLabel(action: string, t: Page['t']): string {
  const labels: Readonly<Record<string, string>> = {
    'session.start': t('admin:audit.action.session_start'),
    'session.confirm': t('admin:audit.action.session_confirm'),
    'session.end': t('admin:audit.action.session_end'),
    'password.change': t('admin:audit.action.password_change'),
    'password.reset': t('admin:audit.action.password_reset'),
    'user.add': t('admin:audit.action.user_add'),
    'user.enable': t('admin:audit.action.user_enable'),
    'user.disable': t('admin:audit.action.user_disable'),
    'user.remove': t('admin:audit.action.user_remove'),
    'role.add': t('admin:audit.action.role_add'),
    'role.rules': t('admin:audit.action.role_rules'),
    'role.remove': t('admin:audit.action.role_remove'),
    'role.grant': t('admin:audit.action.role_grant'),
    'role.revoke': t('admin:audit.action.role_revoke'),
    'tag.delete': t('admin:audit.action.tag_delete'),
    'description.edit': t('admin:audit.action.description_edit'),
    'manifest.restore': t('admin:audit.action.manifest_restore'),
    'event.dismiss': t('admin:audit.action.event_dismiss'),
    'index.accept_loss': t('admin:audit.action.index_accept_loss'),
  };
  return labels[action] ?? action;
}

function familyLabel(family: (typeof FAMILIES)[number], t: Page['t']): string {
  const labels: Readonly<Record<(typeof FAMILIES)[number], string>> = {
    'session.': t('admin:audit.family.session'),
    'password.': t('admin:audit.family.password'),
    'user.': t('admin:audit.family.user'),
    'role.': t('admin:audit.family.role'),
    'tag.': t('admin:audit.family.tag'),
  };
  return labels[family];
}

function reasonText(reason: string, t: Page['t']): string {
  const labels: Readonly<Record<string, string>> = {
    wrong: t('admin:audit.reason.wrong'),
    disabled: t('admin:audit.reason.disabled'),
    throttled: t('admin:audit.reason.throttled'),
    busy: t('admin:audit.reason.busy'),
  };
  return labels[reason] ?? reason;
}

function factText(name: string, value: string, t: Page['t']): string {
  const labels: Readonly<Record<string, string>> = {
    digest: t('admin:audit.fact.digest', { value: shortDigest(value) }),
    holders: t('admin:audit.fact.holders', { value }),
    manifest: t('admin:audit.fact.manifest'),
    reason: t('admin:audit.fact.reason', { value: reasonText(value, t) }),
    repository: t('admin:audit.fact.repository', { value }),
    role: t('admin:audit.fact.role', { value }),
    roles: t('admin:audit.fact.roles', { value }),
    rules: t('admin:audit.fact.rules', { value }),
    sessions: t('admin:audit.fact.sessions', { value }),
    tags: t('admin:audit.fact.tags', { value }),
  };
  // What a later or an older version wrote stands as it was written.
  return labels[name] ?? `${name}: ${value}`;
}

export function detailText(detail: AuditDetail, t: Page['t']): string {
  return Object.entries(detail)
    .map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value ?? '')] as const)
    .filter(([, value]) => value !== '' && value !== 'false')
    .map(([name, value]) => factText(name, value, t))
    .join(' · ');
}

interface AuditRow {
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly label: string;
  readonly object: string;
  readonly outcome: string;
  readonly address: string;
  readonly detail: string;
  readonly digest: string;
}

interface RowPage {
  readonly rows: readonly AuditRow[];
  readonly next: number | undefined;
}

interface Filter {
  readonly actor: string | undefined;
  readonly after: number | undefined;
}

type Deps = Pick<AccountPagesDeps, 'audit' | 'failedSignIns'>;

async function auditRows({ audit }: Deps, page: Page, action: string | undefined, filter: Filter): Promise<RowPage> {
  const { entries, next } = await audit.list({ limit: PAGE_SIZE, ...filter, action });
  const rows = entries.map((entry) => ({
    ...entry,
    label: auditLabel(entry.action, page.t),
    detail: detailText(entry.detail, page.t),
    digest: String(entry.detail['digest'] ?? ''),
  }));
  return { rows, next };
}

async function failedRows({ failedSignIns }: Deps, { t, format }: Page, filter: Filter): Promise<RowPage> {
  const { rows, next } = await failedSignIns.list({ limit: PAGE_SIZE, ...filter });
  const detail = (reason: string, count: number, firstAt: number) =>
    count === 1
      ? reasonText(reason, t)
      : t('admin:audit.repeated', { reason: reasonText(reason, t), count, since: format.dateTime(firstAt) });
  return {
    next,
    rows: rows.map(({ actor, address, reason, count, firstAt, lastAt }) => ({
      ...{ at: lastAt, actor, address, action: 'session.fail', label: t('admin:audit.action.session_fail') },
      ...{ object: '', outcome: 'refused', detail: detail(reason, count, firstAt), digest: '' },
    })),
  };
}

function chips(page: Page, chosen: string | undefined) {
  const names = [...FAMILIES.map((name) => [name, familyLabel(name, page.t)] as const)];
  return [...names, [FAILED, page.t('admin:audit.family.failed')] as const].map(([name, label]) => ({
    name: label,
    isOn: name === chosen,
    href: page.urlWith({ action: name === chosen ? null : name, after: null }),
  }));
}

export function auditPage(deps: Deps): PageModule {
  return (routes) => {
    routes.get('/audit', 'auditor', async (page) => {
      const actor = page.query('actor').trim().toLowerCase();
      const action = [...FAMILIES, FAILED].find((name) => name === page.query('action'));
      const after = Number(page.query('after')) || undefined;
      const filter = { actor: actor === '' ? undefined : actor, after };
      const { rows, next } =
        action === FAILED ? await failedRows(deps, page, filter) : await auditRows(deps, page, action, filter);
      await page.render('accounts/audit', {
        title: page.t('admin:audit.title'),
        nav: 'audit',
        live: TOPIC.audit,
        actor,
        families: chips(page, action),
        action: action ?? '',
        rows,
        pager: {
          range: '',
          previous: after === undefined ? undefined : page.urlWith({ after: null }),
          next: next && page.urlWith({ after: next }),
        },
      });
    });
  };
}
