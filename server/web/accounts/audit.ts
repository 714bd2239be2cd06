import type { AuditAction, AuditFact } from '../../audit/actions.ts';
import type { AuditEntry } from '../../audit/audit.ts';
import { TOPIC } from '../live/live-news.ts';
import { shortDigest } from '../parts/cells.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import type { AccountPagesDeps } from './account-deps.ts';

const PAGE_SIZE = 100;

/** Failed sign-ins are stored apart from the audit, with a limit, because strangers can cause them. */
const FAILED = 'failed';
/** Prefixes of actions that can be filtered by a chip. */
const FAMILIES = ['session.', 'password.', 'user.', 'role.', 'tag.'] as const;

/** @returns the stored word itself when another version wrote an action that is unknown here. */
export function auditLabel(action: string, t: Page['t']): string {
  const labels: Readonly<Record<AuditAction, string>> = {
    'session.start': t('accounts:audit.action.session_start'),
    'session.confirm': t('accounts:audit.action.session_confirm'),
    'session.end': t('accounts:audit.action.session_end'),
    'password.change': t('accounts:audit.action.password_change'),
    'password.reset': t('accounts:audit.action.password_reset'),
    'user.add': t('accounts:audit.action.user_add'),
    'user.enable': t('accounts:audit.action.user_enable'),
    'user.disable': t('accounts:audit.action.user_disable'),
    'user.remove': t('accounts:audit.action.user_remove'),
    'role.add': t('accounts:audit.action.role_add'),
    'role.rules': t('accounts:audit.action.role_rules'),
    'role.remove': t('accounts:audit.action.role_remove'),
    'role.grant': t('accounts:audit.action.role_grant'),
    'role.revoke': t('accounts:audit.action.role_revoke'),
    'tag.delete': t('accounts:audit.action.tag_delete'),
    'manifest.delete': t('accounts:audit.action.manifest_delete'),
    'description.edit': t('accounts:audit.action.description_edit'),
    'manifest.restore': t('accounts:audit.action.manifest_restore'),
    'event.dismiss': t('accounts:audit.action.event_dismiss'),
    'index.accept_loss': t('accounts:audit.action.index_accept_loss'),
  };
  return ownText(labels, action) ?? action;
}

function ownText(texts: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(texts, name) ? texts[name] : undefined;
}

function familyLabel(family: (typeof FAMILIES)[number], t: Page['t']): string {
  const labels: Readonly<Record<(typeof FAMILIES)[number], string>> = {
    'session.': t('accounts:audit.family.session'),
    'password.': t('accounts:audit.family.password'),
    'user.': t('accounts:audit.family.user'),
    'role.': t('accounts:audit.family.role'),
    'tag.': t('accounts:audit.family.tag'),
  };
  return labels[family];
}

function reasonText(reason: string, t: Page['t']): string {
  const labels: Readonly<Record<string, string>> = {
    wrong: t('accounts:audit.reason.wrong'),
    disabled: t('accounts:audit.reason.disabled'),
    throttled: t('accounts:audit.reason.throttled'),
    busy: t('accounts:audit.reason.busy'),
  };
  return labels[reason] ?? reason;
}

function factText(name: string, value: string, t: Page['t']): string {
  const labels: Readonly<Record<AuditFact, string>> = {
    digest: t('accounts:audit.fact.digest', { value: shortDigest(value) }),
    bytes: t('accounts:audit.fact.bytes', { value }),
    error: value,
    holders: t('accounts:audit.fact.holders', { value }),
    manifest: t('accounts:audit.fact.manifest'),
    missing: t('accounts:audit.fact.missing', { value }),
    reason: t('accounts:audit.fact.reason', { value: reasonText(value, t) }),
    repository: t('accounts:audit.fact.repository', { value }),
    role: t('accounts:audit.fact.role', { value }),
    roles: t('accounts:audit.fact.roles', { value }),
    rules: t('accounts:audit.fact.rules', { value }),
    sampled: t('accounts:audit.fact.sampled', { value }),
    sessions: t('accounts:audit.fact.sessions', { value }),
    tags: t('accounts:audit.fact.tags', { value }),
    version: t('accounts:audit.fact.version', { value }),
  };
  // Details that another version wrote are shown as stored.
  return ownText(labels, name) ?? `${name}: ${value}`;
}

/** The details of an entry as one line; empty and false ones are left out. */
export function detailText(detail: AuditEntry['detail'], t: Page['t']): string {
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
      : t('accounts:audit.repeated', { reason: reasonText(reason, t), count, since: format.dateTime(firstAt) });
  return {
    next,
    rows: rows.map(({ actor, address, reason, count, firstAt, lastAt }) => ({
      ...{ at: lastAt, actor, address, action: 'session.fail', label: t('accounts:audit.action.session_fail') },
      ...{ object: '', outcome: 'refused', detail: detail(reason, count, firstAt), digest: '' },
    })),
  };
}

function chips(page: Page, chosen: string | undefined) {
  const names = [...FAMILIES.map((name) => [name, familyLabel(name, page.t)] as const)];
  return [...names, [FAILED, page.t('accounts:audit.family.failed')] as const].map(([name, label]) => ({
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
        title: page.t('accounts:audit.title'),
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
