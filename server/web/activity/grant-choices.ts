/** What would allow a refused request, the narrowest first: a rule for it, one for its folder, an existing role. */

import type { Action } from '../../access/action.ts';
import { escapeGlob } from '../../access/glob.ts';
import { allowedActions } from '../../access/rights.ts';
import type { Role } from '../../access/roles.ts';
import { compileRule, type RuleInput } from '../../access/rule.ts';
import { isRepositoryName } from '../../registry/documents/reference.ts';
import type { RecordedRefusal } from '../../token/refusals.ts';

/** A new rule in a role of its own; `value` is the value of the form field. */
export interface RuleChoice {
  readonly value: 'repository' | 'folder';
  readonly rule: RuleInput;
}

export function ruleChoices(refusal: RecordedRefusal): readonly RuleChoice[] {
  const { repository } = refusal;
  const missing = missingActions(refusal);
  if (missing.length === 0 || !isRepositoryName(repository)) return [];
  const rule = (pattern: string): RuleInput => ({
    ...{ repository: pattern, address: '*', canPull: missing.includes('pull') },
    ...{ canPush: missing.includes('push'), canDelete: missing.includes('delete') },
  });
  const folder = repository.includes('/') ? repository.slice(0, repository.lastIndexOf('/')) : undefined;
  return [
    { value: 'repository', rule: rule(escapeGlob(repository)) },
    ...(folder === undefined ? [] : [{ value: 'folder' as const, rule: rule(`${escapeGlob(folder)}/**`) }]),
  ];
}

function missingActions({ missing }: RecordedRefusal): readonly Action[] {
  return missing.filter((action): action is Action => action === 'pull' || action === 'push' || action === 'delete');
}

/**
 * The roles that would have allowed the missing actions from that address. The least powerful first: fewest actions, then
 * narrowest patterns. The role `admin` is never proposed.
 */
export function sufficientRoles(roles: readonly Role[], refusal: RecordedRefusal): readonly Role[] {
  const missing = missingActions(refusal);
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
