import type { AuditDetail } from '../../audit/audit.ts';
import { TOPIC } from '../live-news.ts';
import type { Page } from '../page.ts';
import type { PageModule } from '../routes.ts';
import type { AccountPagesDeps } from './account-pages.ts';

const PAGE_SIZE = 100;

/** The families of actions that have a chip to filter by. */
const FAMILIES = ['session.', 'password.', 'user.', 'role.', 'tag.'] as const;

function actionLabel(action: string, t: Page['t']): string {
  const labels: Readonly<Record<string, string>> = {
    'session.start': t('admin:audit.action.session_start'),
    'session.confirm': t('admin:audit.action.session_confirm'),
    'session.end': t('admin:audit.action.session_end'),
    'password.change': t('admin:audit.action.password_change'),
    'password.reset': t('admin:audit.action.password_reset'),
    'user.add': t('admin:audit.action.user_add'),
    'user.enable': t('admin:audit.action.user_enable'),
    'user.disable': t('admin:audit.action.user_disable'),
    'role.add': t('admin:audit.action.role_add'),
    'role.rules': t('admin:audit.action.role_rules'),
    'role.remove': t('admin:audit.action.role_remove'),
    'role.grant': t('admin:audit.action.role_grant'),
    'role.revoke': t('admin:audit.action.role_revoke'),
    'tag.delete': t('admin:audit.action.tag_delete'),
    'description.edit': t('admin:audit.action.description_edit'),
    'manifest.restore': t('admin:audit.action.manifest_restore'),
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

function detailText(detail: AuditDetail): string {
  return Object.entries(detail)
    .filter(([, value]) => value !== null && value !== '' && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(', ') : value}`)
    .join(' · ');
}

export function auditPage({ audit }: Pick<AccountPagesDeps, 'audit'>): PageModule {
  return (routes) => {
    routes.get('/audit', 'auditor', async (page) => {
      const actor = page.query('actor').trim().toLowerCase();
      const family = FAMILIES.find((name) => name === page.query('action'));
      const after = Number(page.query('after')) || undefined;
      const { entries, next } = await audit.list({
        limit: PAGE_SIZE,
        actor: actor === '' ? undefined : actor,
        action: family,
        after,
      });
      await page.render('audit', {
        title: page.t('admin:audit.title'),
        nav: 'audit',
        live: TOPIC.audit,
        actor,
        families: FAMILIES.map((name) => ({
          name: familyLabel(name, page.t),
          isOn: name === family,
          href: page.urlWith({ action: name === family ? null : name, after: null }),
        })),
        action: family ?? '',
        rows: entries.map((entry) => ({
          ...entry,
          label: actionLabel(entry.action, page.t),
          detail: detailText(entry.detail),
        })),
        pager: {
          range: '',
          previous: after === undefined ? undefined : page.urlWith({ after: null }),
          next: next && page.urlWith({ after: next }),
        },
      });
    });
  };
}
