import { z } from 'zod';
import type { NamedHolder } from '../../access/grants.ts';
import type { Role, RoleStore } from '../../access/roles.ts';
import type { RuleInput } from '../../access/rule.ts';
import type { SingleRuleRoles } from '../../access/single-rule.ts';
import { EVERYBODY, type GrantUseCases } from '../../access/use-cases/grants.ts';
import type { UserStore } from '../../access/users.ts';
import { AppError } from '../../errors.ts';
import type { RecordedRefusal, Refusals } from '../../token/refusals.ts';
import type { PatternMatches } from '../accounts/account-deps.ts';
import { roleText } from '../accounts/roles.ts';
import { actionWords } from '../parts/event-cells.ts';
import type { FieldErrors } from '../shell/form.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { actorOf } from '../shell/viewer.ts';
import { type RuleChoice, ruleChoices, sufficientRoles } from './grant-choices.ts';

export interface GrantRefusedPageDeps {
  readonly refusals: Pick<Refusals, 'find'>;
  readonly roles: Pick<RoleStore, 'list'>;
  readonly granting: Pick<GrantUseCases, 'grantRole' | 'grantRule'>;
  readonly single: Pick<SingleRuleRoles, 'rolesOf'>;
  readonly users: Pick<UserStore, 'find'>;
  readonly previewMatches: (pattern: string) => Promise<PatternMatches>;
}

export interface GrantRefusedView {
  readonly title: string;
  readonly nav: 'events';
  readonly heading: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly action: string;
  readonly backHref: string;
  readonly rolesHref: string;
  /** New rules: exactly for the refused request, and wider ones. */
  readonly rules: readonly GrantChoice[];
  readonly roles: readonly GrantChoice[];
  /** The refused request was anonymous, so a grant applies to everybody. */
  readonly isForEverybody: boolean;
  readonly error: string | undefined;
}

export interface GrantChoice {
  readonly value: string;
  readonly name: string;
  readonly description: string;
  readonly rules: readonly string[];
  readonly checked: boolean;
}

const GRANT_PAGE = '/events/refused/:id/grant';
const formSchema = z.strictObject({ choice: z.string().max(40) });

/** The grants that the page offers for one refusal. */
export interface GrantOffer {
  readonly rules: readonly (RuleChoice & { readonly matches: number })[];
  readonly roles: readonly Role[];
}

/** Grants a refused request, with a preview of what else the grant would allow. */
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

async function readOffer(deps: GrantRefusedPageDeps, refusal: RecordedRefusal): Promise<GrantOffer> {
  const choices = ruleChoices(refusal);
  const [rules, same, known] = await Promise.all([
    Promise.all(choices.map(async (choice) => ({ ...choice, matches: await countMatches(deps, choice) }))),
    Promise.all(choices.map(({ rule }) => deps.single.rolesOf(rule))),
    deps.roles.list(),
  ]);
  // These are offered as rules already.
  const covered = new Set(same.flat());
  return { rules, roles: sufficientRoles(known, refusal).filter(({ id }) => !covered.has(id)) };
}

async function countMatches({ previewMatches }: GrantRefusedPageDeps, { rule }: RuleChoice): Promise<number> {
  return (await previewMatches(rule.repository)).total;
}

async function show(deps: GrantRefusedPageDeps, page: Page, refusal: RecordedRefusal, errors: FieldErrors) {
  const status = Object.keys(errors).length === 0 ? 200 : 422;
  await page.render(
    'activity/grant-refused',
    grantRefusedView(page, refusal, await readOffer(deps, refusal), errors),
    status,
  );
}

async function carryOut(deps: GrantRefusedPageDeps, page: Page, refusal: RecordedRefusal): Promise<void> {
  const form = page.parseForm(formSchema);
  const offer = await readOffer(deps, refusal);
  const rule = form.ok ? offer.rules.find(({ value }) => value === form.values.choice)?.rule : undefined;
  const role = form.ok ? offer.roles.find((one) => roleValue(one) === form.values.choice) : undefined;
  try {
    if (rule !== undefined) await grantRule(deps, page, refusal, rule);
    else if (role !== undefined) await grantRole(deps, page, refusal, role);
    else return show(deps, page, refusal, { choice: page.t('activity:grant.choose') });
  } catch (error) {
    return show(deps, page, refusal, page.fieldErrors(error));
  }
}

function roleValue({ id }: Role): string {
  return `role:${id}`;
}

async function grantRule(deps: GrantRefusedPageDeps, page: Page, refusal: RecordedRefusal, rule: RuleInput) {
  const granted = await deps.granting.grantRule(actorOf(page), await holderOf(deps, refusal), rule);
  goBack(page, refusal, granted.role);
}

async function grantRole(deps: GrantRefusedPageDeps, page: Page, refusal: RecordedRefusal, role: Role) {
  const { repository } = refusal;
  await deps.granting.grantRole(actorOf(page), await holderOf(deps, refusal), role.id, { repository });
  goBack(page, refusal, role.name);
}

function goBack(page: Page, { subject }: RecordedRefusal, role: string): void {
  const user = subject === '' ? page.t('activity:refused.anonymous') : subject;
  page.redirect('/events/refused', { key: 'activity:grant.done', params: { role, user } });
}

async function holderOf({ users }: GrantRefusedPageDeps, refusal: RecordedRefusal): Promise<NamedHolder> {
  if (refusal.subjectKind === 'anonymous') return EVERYBODY;
  const user = refusal.subjectKind === 'user' ? await users.find(refusal.subject) : undefined;
  if (user !== undefined) return { kind: 'user', id: user.id, name: user.username };
  throw new AppError('NOT_FOUND', 'This account does not exist any more.', { key: 'user.unknown' });
}

export function grantRefusedView(
  page: Pick<Page, 't' | 'url' | 'format'>,
  refusal: RecordedRefusal,
  { rules, roles }: GrantOffer,
  errors: FieldErrors,
): GrantRefusedView {
  const { t, url } = page;
  const who = refusal.subjectKind === 'anonymous' ? t('activity:refused.anonymous') : refusal.subject;
  return {
    title: t('activity:grant.title', { user: who }),
    nav: 'events',
    heading: t('activity:grant.title', { user: who }),
    facts: [
      { label: t('activity:column.user'), value: who },
      { label: t('activity:column.repository'), value: refusal.repository },
      { label: t('activity:column.asked'), value: actionWords(refusal.asked, t) },
      { label: t('activity:column.missing'), value: actionWords(refusal.missing, t) },
      { label: t('activity:column.address'), value: refusal.address },
    ],
    action: url(`/events/refused/${refusal.id}/grant`),
    backHref: url('/events/refused'),
    rolesHref: url('/roles'),
    rules: rules.map((choice, index) => ruleCells(page, refusal, choice, index === 0)),
    roles: roles.map((role, index) => roleCells(role, rules.length === 0 && index === 0, t)),
    isForEverybody: refusal.subjectKind === 'anonymous',
    error: Object.values(errors)[0],
  };
}

function ruleCells(
  { t }: Pick<Page, 't'>,
  refusal: RecordedRefusal,
  { value, rule, matches }: GrantOffer['rules'][number],
  checked: boolean,
): GrantChoice {
  const folder = rule.repository.replace(/\*\*$/, '');
  const names = {
    repository: t('activity:grant.only', { repository: refusal.repository }),
    folder: t('activity:grant.folder', { folder }),
  };
  const description =
    value === 'folder' ? t('accounts:role.matches', { count: matches }) : t('activity:grant.narrowest');
  return { value, name: names[value], description, rules: [ruleLine(rule, t)], checked };
}

function roleCells(role: Role, checked: boolean, t: Page['t']): GrantChoice {
  const rules = role.rules.map((rule) => ruleLine(rule, t));
  return { value: roleValue(role), name: role.name, description: roleText({ t }, role), rules, checked };
}

function ruleLine(rule: RuleInput, t: Page['t']): string {
  const { canPull, canPush, canDelete } = rule;
  const actions = [...(canPull ? ['pull'] : []), ...(canPush ? ['push'] : []), ...(canDelete ? ['delete'] : [])];
  return `${rule.repository} · ${rule.address} · ${actionWords(actions, t)}`;
}
