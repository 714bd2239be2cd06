import type { AuditDetail } from '../../audit/audit.ts';
import type { PageModule } from '../routes.ts';
import type { AccountPagesDeps } from './account-pages.ts';

const PAGE_SIZE = 100;

/** The families of actions that have a chip to filter by. */
const FAMILIES = ['session.', 'password.', 'user.', 'role.', 'tag.'] as const;

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
        actor,
        families: FAMILIES.map((name) => ({
          name: name.slice(0, -1),
          isOn: name === family,
          href: page.urlWith({ action: name === family ? null : name, after: null }),
        })),
        action: family ?? '',
        rows: entries.map((entry) => ({ ...entry, detail: detailText(entry.detail) })),
        pager: {
          range: '',
          previous: after === undefined ? undefined : page.urlWith({ after: null }),
          next: next && page.urlWith({ after: next }),
        },
      });
    });
  };
}
