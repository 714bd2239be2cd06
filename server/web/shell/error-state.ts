import { AppError } from '../../errors.ts';
import type { Page } from './page.ts';

export interface ErrorLink {
  readonly text: string;
  readonly href: string;
}

/** Text of an error page: what happened, what to do about it, and links to continue. */
export interface ErrorState {
  readonly title: string;
  readonly icon: string;
  readonly text: string;
  /** What to do; '' when nothing helps. */
  readonly hint: string;
  readonly links: readonly ErrorLink[];
}

export interface ErrorFacts {
  readonly error: unknown;
  readonly status: number;
  /** People who may give rights. */
  readonly administrators: readonly string[];
  /** Shows a retry button: only for requests that change nothing. */
  readonly canRetry: boolean;
}

interface Looks {
  readonly icon: string;
  readonly title: string;
}

function looksOf(status: number, t: Page['t']): Looks {
  if (status === 404) return { icon: 'map-off', title: t('errors:page.missing_title') };
  if (status === 403 || status === 401) return { icon: 'lock', title: t('errors:page.denied_title') };
  if (status === 502) return { icon: 'plug-connected-x', title: t('errors:page.upstream_title') };
  if (status === 503 || status === 429) return { icon: 'hourglass-high', title: t('errors:page.busy_title') };
  if (status >= 500) return { icon: 'bug', title: t('errors:page.broken_title') };
  return { icon: 'alert-triangle', title: t('errors:page.refused_title') };
}

function sentence(error: unknown, status: number, page: Page): string {
  if (error instanceof AppError) return page.errorText(error);
  if (status === 404) return page.t('errors:page.missing');
  if (status === 413) return page.t('errors:page.too_large');
  if (status === 503) return page.t('errors:page.busy');
  return page.t(status < 500 ? 'errors:page.refused' : 'errors:page.broken');
}

const MAX_NAMES = 3;

function hintOf({ status, administrators, canRetry }: ErrorFacts, { viewer, authEnabled, t }: Page): string {
  if (status === 403 && authEnabled && !viewer.isSignedIn) return t('errors:page.hint_sign_in');
  if (status === 403 && administrators.length > 0) {
    return t('errors:page.hint_ask', { names: administrators.slice(0, MAX_NAMES).join(', ') });
  }
  if (status === 404 && authEnabled && !viewer.isSignedIn) return t('errors:page.hint_hidden');
  if (status === 502) return t('errors:page.hint_upstream');
  return status >= 500 && !canRetry ? t('errors:page.hint_undone') : '';
}

function linksOf({ status, canRetry }: ErrorFacts, page: Page): readonly ErrorLink[] {
  const { viewer, authEnabled, url, t, path } = page;
  const links: ErrorLink[] = [];
  if (canRetry && (status >= 500 || status === 429)) links.push({ text: t('errors:page.retry'), href: url(path) });
  if ((status === 403 || status === 404) && authEnabled && !viewer.isSignedIn) {
    links.push({ text: t('shell:account.sign_in'), href: url(`/login?next=${encodeURIComponent(path)}`) });
  }
  if (status === 502 && (viewer.rights.isAdmin || viewer.rights.isAuditor)) {
    links.push({ text: t('shell:nav.status'), href: url('/status') });
  }
  if (status === 502) links.push({ text: t('operations:connect.checks.help'), href: url('/help/troubleshooting') });
  return [...links, { text: t('errors:page.home'), href: url('/') }];
}

export function errorState(facts: ErrorFacts, page: Page): ErrorState {
  const { error, status } = facts;
  const text = sentence(error, status, page);
  return { ...looksOf(status, page.t), text, hint: hintOf(facts, page), links: linksOf(facts, page) };
}
