import type { ReadingUseCases } from '../../catalog/use-cases/reading.ts';
import { type Check, TITLES } from '../../operations/check.ts';
import { overallState, statusChecks } from '../../operations/checks.ts';
import type { LoadStatusFacts, StatusFacts } from '../../operations/facts.ts';
import type { Page } from '../shell/page.ts';
import type { PageModule } from '../shell/routes.ts';
import { actorOf } from '../shell/viewer.ts';
import { type IndexView, indexView, type JobCells, jobCells } from './status-index.ts';

export interface StatusPageDeps {
  readonly statusFacts: LoadStatusFacts;
  /** Starts a crawl or confirms a loss. */
  readonly reading: Pick<ReadingUseCases, 'acceptLoss' | 'readEverything'>;
}

export interface StatusView {
  readonly title: string;
  readonly nav: 'status';
  readonly overall: { readonly tone: 'good' | 'amber' | 'red'; readonly icon: string; readonly text: string };
  readonly checks: readonly CheckCells[];
  /** The form with which an admin confirms that missing images are gone; null: nothing is held, or no admin. */
  readonly hold: { readonly action: string } | null;
  readonly checkedAt: number;
  readonly index: IndexView;
  readonly jobs: readonly JobCells[];
}

export interface CheckCells {
  readonly id: string;
  readonly title: string;
  readonly state: Check['state'];
  readonly stateText: string;
  readonly tone: 'accent' | 'amber' | 'red' | 'plain';
  readonly text: string;
  readonly at: number | null;
  /** `at` is shown as a date, not as a distance in time. */
  readonly isDay: boolean;
  readonly fix: { readonly intro: string; readonly file: string | null; readonly lines: string } | null;
  /** Section of the troubleshooting page; null when the check passes or there is none. */
  readonly helpHref: string | null;
}

export function statusPage({ statusFacts, reading }: StatusPageDeps): PageModule {
  return (routes) => {
    routes.get('/status', 'auditor', async (page) => {
      await page.render('operations/status', statusView(page, await statusFacts(page.cameBy)));
    });
    routes.post('/status/loss', 'admin', async (page) => {
      const isAccepted = await reading.acceptLoss(actorOf(page));
      page.redirect('/status', {
        key: isAccepted ? 'operations:status.hold.confirmed' : 'operations:status.hold.none',
      });
    });
    routes.post('/status/crawl', 'admin', (page) => {
      reading.readEverything(actorOf(page));
      page.redirect('/status', { key: 'operations:status.index.begun' });
    });
  };
}

export function statusView(page: StatusPage, facts: StatusFacts): StatusView {
  const { t } = page;
  const checks = statusChecks(facts);
  return {
    title: t('operations:status.page'),
    nav: 'status',
    overall: overall(checks, t),
    checks: checks.map((check) => checkCells(check, page)),
    hold: facts.index.hold !== undefined && page.viewer.rights.isAdmin ? { action: page.url('/status/loss') } : null,
    checkedAt: facts.now,
    index: indexView(page, facts.index.crawl),
    jobs: facts.jobs.map((job) => jobCells(page, job)),
  };
}

type StatusPage = Pick<Page, 't' | 'format' | 'url' | 'viewer'>;

function overall(checks: readonly Check[], t: Page['t']): StatusView['overall'] {
  const count = (state: Check['state']) => checks.filter((check) => check.state === state).length;
  switch (overallState(checks)) {
    case 'failed':
      return {
        tone: 'red',
        icon: 'alert-triangle',
        text: t('operations:status.overall.failed', { count: count('failed') }),
      };
    case 'warning':
      return {
        tone: 'amber',
        icon: 'alert-triangle',
        text: t('operations:status.overall.warning', { count: count('warning') }),
      };
    default: {
      const open = count('unknown');
      const text =
        open === 0 ? t('operations:status.overall.ok') : t('operations:status.overall.ok_unknown', { count: open });
      return { tone: 'good', icon: 'check', text };
    }
  }
}

/** A check in words; `fix` and link to the help page only where it does not pass. */
export function checkCells(check: Check, { t, url }: Pick<Page, 't' | 'url'>): CheckCells {
  const tones = { ok: 'accent', warning: 'amber', failed: 'red', unknown: 'plain' } as const;
  const states = {
    ok: t('operations:status.state.ok'),
    warning: t('operations:status.state.warning'),
    failed: t('operations:status.state.failed'),
    unknown: t('operations:status.state.unknown'),
  };
  return {
    id: check.id,
    title: t(check.title),
    state: check.state,
    stateText: states[check.state],
    tone: tones[check.state],
    text: t(check.key, check.params),
    at: check.at,
    isDay: check.id === 'expiry',
    fix: check.fix === null ? null : fixCells(check.fix, t),
    helpHref: check.state === 'ok' ? null : helpFor(check.id, url),
  };
}

/** Anchors of docs/troubleshooting.md. */
const HELP: Partial<Record<Check['id'], string>> = {
  reachable: 'connection-refused',
  demands_token: 'images-can-be-pulled-without-signing-in',
  challenge: 'invalid_token',
  realm: 'no-such-host',
  tokens: 'invalid_token',
  expiry: 'the-certificate-of-the-signing-key-has-expired',
  clock: 'invalid_token',
  deletion: 'unsupported',
  notifications: 'no-events-arrive',
  storage: 'nothing-can-be-saved',
  wal: 'nothing-can-be-saved',
};

/** Other checks that may explain a section of the help page, the most likely first. */
const CAUSES: Readonly<Record<string, readonly Check['id'][]>> = {
  'failed-with-status-401-unauthorized': ['tokens', 'challenge', 'clock', 'expiry'],
  'invalid-usernamepassword': ['tokens', 'challenge'],
  'unauthorized-authentication-required': ['tokens', 'challenge', 'realm'],
  'x509-certificate-signed-by-unknown-authority': ['realm', 'reachable'],
  errorscodeunauthorized: ['demands_token', 'realm'],
};

export interface RelatedCheck {
  readonly title: string;
  readonly href: string;
}

/** The checks of /status that may explain a section of the help page. */
export function relatedChecks(section: string, { t, url }: Pick<Page, 't' | 'url'>): readonly RelatedCheck[] {
  const leading = Object.entries(HELP).flatMap(([id, anchor]) => (anchor === section ? [id as Check['id']] : []));
  const ids = [...new Set([...(CAUSES[section] ?? []), ...leading])];
  return ids.map((id) => ({ title: t(TITLES[id]), href: url(`/status#${id}`) }));
}

function helpFor(id: Check['id'], url: Page['url']): string | null {
  const anchor = HELP[id];
  return anchor === undefined ? null : url(`/help/troubleshooting#${anchor}`);
}

function fixCells({ file, lines }: NonNullable<Check['fix']>, t: Page['t']): NonNullable<CheckCells['fix']> {
  return { intro: fixIntro(file, t), file: file === 'shell' || file === 'renewal' ? null : 'config.yml', lines };
}

function fixIntro(file: NonNullable<Check['fix']>['file'], t: Page['t']): string {
  if (file === 'registry') return t('operations:status.fix.registry');
  if (file === 'renewal') return t('operations:status.fix.renewal');
  return file === 'ours' ? t('operations:status.fix.ours') : t('operations:status.fix.shell');
}
