import type { SingleGrant } from '../../access/single-rule.ts';
import type { Audit } from '../../audit/audit.ts';
import type { Page } from '../shell/page.ts';
import { actorOf } from '../shell/who-asks.ts';

/** Who got a rule of their own, and the role that was made for it. */
export async function noteSingleGrant(
  audit: Pick<Audit, 'record'>,
  page: Page,
  { role, isNewRole, isNew }: SingleGrant,
  { holder, pattern }: { readonly holder: string; readonly pattern: string },
): Promise<void> {
  const entry = { ...actorOf(page), outcome: 'ok' as const };
  if (isNewRole) await audit.record({ ...entry, action: 'role.add', object: role, detail: { repository: pattern } });
  if (!isNew) return;
  await audit.record({ ...entry, action: 'role.grant', object: holder, detail: { role, repository: pattern } });
}
