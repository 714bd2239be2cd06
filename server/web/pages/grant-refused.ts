import { z } from 'zod';
import type { GrantStore, Holder } from '../../access/grants.ts';
import type { Action } from '../../access/rights.ts';
import type { Role, RoleStore } from '../../access/roles.ts';
import { allowedActions, compileRule } from '../../access/rule.ts';
import type { UserStore } from '../../access/users.ts';
import type { Audit } from '../../audit/audit.ts';
import { AppError } from '../../errors.ts';
import type { RecordedRefusal, Refusals } from '../../token/refusals.ts';
import { actionWords } from '../browse/event-cells.ts';
import type { FieldErrors } from '../form.ts';
import type { Page } from '../page.ts';
import type { PageModule } from '../routes.ts';
import { roleText } from './roles.ts';

export interface GrantRefusedPageDeps {
  readonly refusals: Pick<Refusals, 'find'>;
  readonly roles: Pick<RoleStore, 'list'>;
  readonly grants: Pick<GrantStore, 'grant'>;
  readonly users: Pick<UserStore, 'find'>;
  readonly audit: Pick<Audit, 'record'>;
}

export interface GrantRefusedView {
  readonly title: string;
  readonly nav: 'events';
  readonly heading: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly action: string;
  readonly backHref: string;
  readonly rolesHref: string;
  readonly choices: readonly RoleChoice[];
  readonly error: string | undefined;
}

export interface RoleChoice {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly rules: readonly string[];
  readonly checked: boolean;
}

const GRANT_PAGE = '/events/refused/:id/grant';
const formSchema = z.strictObject({ role_id: z.coerce.number().int().positive() });

/** From "who was refused what" to the grant that allows it, with a look at what else that would allow. */
export function grantRefusedPage(deps: GrantRefusedPageDeps): PageModule {
  return (routes) => {
    routes.get(
      GRANT_PAGE,
      'admin',
      async (page, request) => {
        await show(deps, page, await findRefusal(deps, String(request.params.id)), {});
      },
      { confirmed: true },
    );
    routes.post(
      GRANT_PAGE,
      'admin',
      async (page, request) => {
        await carryOut(deps, page, await findRefusal(deps, String(request.params.id)));
      },
      { confirmed: true },
    );
  };
}

async function findRefusal({ refusals }: GrantRefusedPageDeps, id: string): Promise<RecordedRefusal> {
  const refusal = /^\d{1,15}$/.test(id) ? await refusals.find(Number(id)) : undefined;
  if (refusal !== undefined) return refusal;
  throw new AppError('NOT_FOUND', 'This refused request is not recorded any more.', { key: 'refusal_gone' });
}

async function show(deps: GrantRefusedPageDeps, page: Page, refusal: RecordedRefusal, errors: FieldErrors) {
  const roles = sufficientRoles(await deps.roles.list(), refusal);
  const status = Object.keys(errors).length === 0 ? 200 : 422;
  await page.render('grant-refused', grantRefusedView(page, refusal, roles, errors), status);
}

async function carryOut(deps: GrantRefusedPageDeps, page: Page, refusal: RecordedRefusal): Promise<void> {
  const form = page.parseForm(formSchema);
  const roles = sufficientRoles(await deps.roles.list(), refusal);
  const role = form.ok ? roles.find(({ id }) => id === form.values.role_id) : undefined;
  if (role === undefined) return show(deps, page, refusal, { role_id: page.t('events:grant.choose') });
  try {
    await deps.grants.grant(await holderOf(deps, refusal), role.id, page.viewer.subject.name);
  } catch (error) {
    return show(deps, page, refusal, page.fieldErrors(error));
  }
  const user = refusal.subject === '' ? page.t('events:refused.anonymous') : refusal.subject;
  await deps.audit.record({
    actor: page.viewer.subject.name,
    address: page.origin.address,
    action: 'role.grant',
    object: refusal.subject === '' ? 'anonymous' : refusal.subject,
    outcome: 'ok',
    detail: { role: role.name, repository: refusal.repository },
  });
  page.redirect('/events/refused', { key: 'events:grant.done', params: { role: role.name, user } });
}

async function holderOf({ users }: GrantRefusedPageDeps, refusal: RecordedRefusal): Promise<Holder> {
  if (refusal.subjectKind === 'anonymous') return { kind: 'anonymous', id: 0 };
  const user = refusal.subjectKind === 'user' ? await users.find(refusal.subject) : undefined;
  if (user !== undefined) return { kind: 'user', id: user.id };
  throw new AppError('NOT_FOUND', 'This account does not exist any more.', { key: 'user.unknown' });
}

/**
 * The roles that would have allowed what was missing, from that address. The least powerful first: the fewest actions,
 * then the narrowest patterns. The role `admin` is never proposed for it.
 */
export function sufficientRoles(roles: readonly Role[], refusal: RecordedRefusal): readonly Role[] {
  const missing = refusal.missing.filter((action) => action !== '*') as Action[];
  const sufficient = roles.filter((role) => {
    if (role.kind !== 'rules' || missing.length === 0) return false;
    const rules = role.rules.map((rule) => compileRule(rule, refusal.subject));
    const subject = { kind: refusal.subjectKind, id: 0, name: refusal.subject };
    const rights = { subject, isAdmin: false, isAuditor: false, rules };
    const allowed = allowedActions(rights, refusal.repository, refusal.address);
    return missing.every((action) => allowed.has(action));
  });
  return sufficient.sort((a, b) => power(a) - power(b) || (a.name < b.name ? -1 : 1));
}

function power(role: Role): number {
  const ofRule = (rule: Role['rules'][number]) =>
    (rule.repository.startsWith('**') ? 100 : 0) + Number(rule.canPush) + Number(rule.canDelete) * 2 + 1;
  return role.rules.reduce((sum, rule) => sum + ofRule(rule), 0);
}

export function grantRefusedView(
  { t, url }: Pick<Page, 't' | 'url'>,
  refusal: RecordedRefusal,
  roles: readonly Role[],
  errors: FieldErrors,
): GrantRefusedView {
  const who = refusal.subjectKind === 'anonymous' ? t('events:refused.anonymous') : refusal.subject;
  return {
    title: t('events:grant.title', { user: who }),
    nav: 'events',
    heading: t('events:grant.title', { user: who }),
    facts: [
      { label: t('events:column.user'), value: who },
      { label: t('events:column.repository'), value: refusal.repository },
      { label: t('events:column.asked'), value: actionWords(refusal.asked, t) },
      { label: t('events:column.missing'), value: actionWords(refusal.missing, t) },
      { label: t('events:column.address'), value: refusal.address },
    ],
    action: url(`/events/refused/${refusal.id}/grant`),
    backHref: url('/events/refused'),
    rolesHref: url('/roles'),
    choices: roles.map((role, index) => roleChoice(role, index === 0, t)),
    error: Object.values(errors)[0],
  };
}

function roleChoice(role: Role, checked: boolean, t: Page['t']): RoleChoice {
  const actions = ({ canPull, canPush, canDelete }: Role['rules'][number]) =>
    actionWords([...(canPull ? ['pull'] : []), ...(canPush ? ['push'] : []), ...(canDelete ? ['delete'] : [])], t);
  const rules = role.rules.map((rule) => `${rule.repository} · ${rule.address} · ${actions(rule)}`);
  return { id: role.id, name: role.name, description: roleText({ t }, role), rules, checked };
}
