import { parseRule } from '../../access/roles.ts';
import type { RuleInput } from '../../access/rule.ts';
import type { FieldErrors, FormValues } from '../shell/form.ts';

/** One line of the table in which a role's rules are edited. */
export interface RuleLine extends RuleInput {
  /** Counts from 0; part of the field names, so that the ticks of a line stay with it. */
  readonly index: number;
  readonly error: string | undefined;
}

const MAX_LINES = 210;
const SPARE_LINES = 2;

function textOf(values: FormValues, name: string): string {
  const value = values[name];
  return typeof value === 'string' ? value : '';
}

/** What the person sent, line by line; lines without a pattern are dropped. */
export function rulesOf(values: FormValues): readonly RuleInput[] {
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

/** The lines to show: what is there, then a few empty ones to add more without JavaScript. */
export function linesOf(
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

/** @param describe Turns a refusal into its sentence, and throws on anything else. */
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
