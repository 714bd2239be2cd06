import type { Rights } from '../../access/rights.ts';
import type { Rule } from '../../access/rule.ts';
import { adminReason, type ReasonCells, roleHref, ruleReason } from '../parts/access-view.ts';
import type { Pager } from '../parts/pager.ts';
import type { Page } from '../shell/page.ts';

/** The effect of one rule for one person, and the role that it comes from. */
export interface RightCells extends ReasonCells {
  /** Shown instead of a pattern, for rights without one; '' otherwise. */
  readonly text: string;
  /** The pattern as written in the role, when it differs (placeholders); '' otherwise. */
  readonly written: string;
}

export interface EffectiveRights {
  readonly rows: readonly RightCells[];
  readonly total: number;
  readonly pager: Pager;
}

const PAGE_ROWS = 50;

type RightsPage = Pick<Page, 't' | 'format' | 'url' | 'urlWith' | 'query' | 'viewer'>;

/** All rights of a person by pattern, as the engine sees them: a disabled account has only those of everybody. */
export function effectiveRights(rights: Rights, page: RightsPage): EffectiveRights {
  const rules = [...rights.rules].sort(byPattern).map((rule) => ruleRow(rule, page));
  const rows = [...rowsOfKind(rights, page), ...rules];
  const at = pageNumber(page, rows.length);
  const shown = rows.slice((at - 1) * PAGE_ROWS, at * PAGE_ROWS);
  return { rows: shown, total: rows.length, pager: numberPager(page, { at, shown: shown.length, total: rows.length }) };
}

function byPattern(a: Rule, b: Rule): number {
  return compare(a.repository.text, b.repository.text) || compare(a.source?.role ?? '', b.source?.role ?? '');
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function ruleRow(rule: Rule, page: RightsPage): RightCells {
  const { pattern, ...reason } = ruleReason(rule, page);
  const filledIn = rule.repository.text;
  return { ...reason, pattern: filledIn, text: '', written: pattern === filledIn ? '' : pattern };
}

/** Rights that come without a rule: admin and auditor. */
function rowsOfKind({ isAdmin, isAuditor }: Rights, page: RightsPage): readonly RightCells[] {
  const { t } = page;
  if (isAdmin) return [{ ...adminReason(page), text: t('repositories:access.everything'), written: '' }];
  if (!isAuditor) return [];
  const role = { role: 'auditor', roleHref: roleHref('auditor', page), isForEverybody: false };
  return [
    { ...role, pattern: '', filled: '', from: '', actions: [], text: t('accounts:user.right_auditor'), written: '' },
  ];
}

function pageNumber({ query }: RightsPage, total: number): number {
  const asked = Number(query('rights'));
  const last = Math.max(1, Math.ceil(total / PAGE_ROWS));
  return Number.isSafeInteger(asked) && asked > 0 ? Math.min(asked, last) : 1;
}

interface Place {
  readonly at: number;
  readonly shown: number;
  readonly total: number;
}

function numberPager({ t, format, urlWith }: RightsPage, { at, shown, total }: Place): Pager {
  const before = (at - 1) * PAGE_ROWS;
  const rows = `${format.number(before + 1)}–${format.number(before + shown)}`;
  const goTo = (number: number) => urlWith({ rights: number === 1 ? null : number });
  return {
    range: total <= PAGE_ROWS ? '' : t('parts:list.range', { rows, total: format.number(total) }),
    previousLabel: t('parts:list.previous'),
    ...(at === 1 ? {} : { previous: goTo(at - 1) }),
    ...(before + shown < total ? { next: goTo(at + 1) } : {}),
  };
}
