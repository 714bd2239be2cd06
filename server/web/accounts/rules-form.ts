import { parseRule } from '../../access/roles.ts';
import type { RuleInput } from '../../access/rule.ts';
import type { FieldErrors, FormValues } from '../shell/form.ts';

/** One line of the table in which a role's rules are edited. */
export interface RuleLine extends RuleInput {
  /** From 0. Part of the field names, because unticked checkboxes are not sent and would shift the lines. */
  readonly index: number;
  readonly error: string | undefined;
}

const MAX_LINES = 210;
const SPARE_LINES = 2;

function textOf(values: FormValues, name: string): string {
  const value = values[name];
  return typeof value === 'string' ? value : '';
}

/** The submitted rules; lines without a pattern are dropped. */
export function readRules(values: FormValues): readonly RuleInput[] {
  const lines: RuleInput[] = [];
  for (let index = 0; index < MAX_LINES; index += 1) {
    const repository = textOf(values, `repository.${index}`).trim();
    if (repository === '') continue;
    lines.push({
      repository,
      address: textOf(values, `address.${index}`).trim() || '*',
      canPull: textOf(values, `pull.${index}`) === 'on',
      canPush: textOf(values, `push.${index}`) === 'on',
      canDelete: textOf(values, `delete.${index}`) === 'on',
    });
  }
  return lines;
}

/** The lines of the form: existing rules, then empty lines so that rules can be added without JavaScript. */
export function formLines(
  rules: readonly RuleInput[],
  errors: readonly (string | undefined)[] = [],
): readonly RuleLine[] {
  const spare = { repository: '', address: '*', canPull: true, canPush: false, canDelete: false };
  const all = [...rules, ...Array.from({ length: SPARE_LINES }, () => spare)];
  return all.map(({ repository, address, canPull, canPush, canDelete }, index) => ({
    repository,
    address,
    canPull,
    canPush,
    canDelete,
    index,
    error: errors[index],
  }));
}

/** @param describe turns an `AppError` into a sentence and throws on any other error */
export function ruleErrors(
  rules: readonly RuleInput[],
  describe: (error: unknown) => FieldErrors,
): readonly (string | undefined)[] {
  return rules.map((rule) => {
    try {
      parseRule(rule);
      return undefined;
    } catch (error) {
      return Object.values(describe(error))[0];
    }
  });
}
