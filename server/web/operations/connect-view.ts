/** The view model of /connect: the choice, the lines for it, and which checks pass already. */
import { stringify } from 'yaml';
import { hostName, isLoopbackName } from '../../config/host-name.ts';
import type { Check } from '../../operations/check.ts';
import { statusChecks } from '../../operations/checks.ts';
import type { StatusFacts } from '../../operations/facts.ts';
import { defaultFolder } from '../../operations/trust-file.ts';
import type { Lines, PlainHttpView } from '../parts/plain-http.ts';
import type { Page } from '../shell/page.ts';
import { type ConnectChoice, type ConnectFacts, RUNS, type Runs, registryLines, trustLines } from './connect-lines.ts';
import { type CheckCells, checkCells } from './status.ts';

/** From the running configuration. */
export interface ConnectSettings extends Omit<ConnectFacts, 'from' | 'secret'> {
  /** The configured secret, or the one we agreed on with a registry of ours; null: none yet. */
  readonly secret: string | null;
  /** Proposed where there is no secret. Stable over restarts; it has no effect until the operator configures it. */
  readonly proposedSecret: string;
  /** Our address in the network of containers. */
  readonly innerUrl: string;
  /** We write this registry's configuration ourselves. */
  readonly isOurs: boolean;
}

export interface ConnectView {
  readonly title: string;
  readonly nav: 'connect';
  readonly isOurs: boolean;
  readonly groups: readonly ChoiceGroup[];
  readonly fields: readonly {
    readonly name: string;
    readonly label: string;
    readonly value: string;
    readonly hint: string;
  }[];
  /** The rest of the choice, as hidden fields of the form. */
  readonly kept: readonly { readonly name: string; readonly value: string }[];
  readonly fromWarning: string;
  /** Says what happens to accounts of the registry's own (htpasswd); '' where it has none. */
  readonly ownAccounts: string;
  readonly trust: readonly Block[];
  readonly lines: readonly Block[];
  readonly linesText: string;
  readonly restart: readonly Block[];
  readonly secret: SecretView;
  readonly checks: ChecksView;
  readonly mergeHref: string | null;
  readonly merge: MergeView;
  readonly plainHttp: PlainHttpView | null;
  readonly statusHref: string;
  readonly helpHref: string;
}

export interface MergeView {
  readonly given: string;
  readonly merged: string | null;
  readonly error: string;
}

export interface Block extends Lines {
  readonly downloadHref: string | null;
}

interface ChoiceGroup {
  readonly label: string;
  readonly note: string;
  readonly options: readonly { readonly text: string; readonly href: string; readonly active: boolean }[];
}

interface SecretView {
  readonly isShown: boolean;
  readonly isMissing: boolean;
  readonly href: string;
  readonly ours: readonly Block[];
}

export interface ChecksView {
  readonly summary: string;
  readonly isDone: boolean;
  readonly againHref: string;
  readonly tryHref: string;
  readonly items: readonly CheckCells[];
}

export const HIDDEN_SECRET = '<secret>';
/** In the order in which an operator gets them to pass. */
const ORDER: readonly Check['id'][] = [
  ...(['reachable', 'demands_token', 'challenge', 'realm', 'tokens'] as const),
  ...(['deletion', 'notifications', 'clock'] as const),
];

export type ConnectPage = Pick<Page, 't' | 'query' | 'urlWith' | 'url' | 'path' | 'origin'>;

/** Reads the choice from the address; without a version there, the detected one is used. */
export function connectChoice(
  page: Pick<Page, 'query'>,
  detected: 2 | 3 | null,
  hasCertificate: boolean,
): ConnectChoice {
  const version = askedVersion(page) ?? detected ?? 3;
  const runs: Runs = RUNS.find((each) => each === page.query('runs')) ?? 'file';
  const takesJwks = version === 3 && (page.query('trust') === 'jwks' || !hasCertificate);
  const folder = page.query('folder');
  return {
    ...{ version, runs, trust: takesJwks ? 'jwks' : 'certificate' },
    folder: /^\/[^\s'"]{0,300}$/.test(folder) ? folder : defaultFolder(version),
  };
}

/** @returns null when the address names no version. */
export function askedVersion(page: Pick<Page, 'query'>): 2 | 3 | null {
  const asked = page.query('version');
  return asked === '2' ? 2 : asked === '3' ? 3 : null;
}

/** The facts for the lines of /connect; the secret is a placeholder unless the page was asked to show it. */
export function connectFacts(page: Pick<Page, 'query'>, settings: ConnectSettings, runs: Runs): ConnectFacts {
  const usual = runs === 'file' ? settings.publicUrl : settings.innerUrl;
  return { ...settings, from: ownAddress(page.query('from')) ?? usual, secret: shownSecret(page, settings) };
}

/** Puts the secret in, for downloads that were asked for by a form; pages show a placeholder. */
export function withSecret(facts: ConnectFacts, settings: ConnectSettings): ConnectFacts {
  return { ...facts, secret: withoutBearer(settings.secret ?? settings.proposedSecret) };
}

function shownSecret(page: Pick<Page, 'query'>, settings: ConnectSettings): string {
  return page.query('secret') === 'shown' ? withoutBearer(settings.secret ?? settings.proposedSecret) : HIDDEN_SECRET;
}

/** The secret may be configured with or without `Bearer`; the lines have it once. */
const withoutBearer = (secret: string) => secret.replace(/^Bearer +/i, '');

function ownAddress(text: string): string | undefined {
  if (!URL.canParse(text) || text.length > 300) return undefined;
  const { protocol, origin, pathname } = new URL(text);
  return protocol === 'http:' || protocol === 'https:' ? `${origin}${pathname.replace(/\/+$/, '')}` : undefined;
}

export interface ConnectViewFacts {
  readonly page: ConnectPage;
  readonly settings: ConnectSettings;
  readonly status: StatusFacts;
  readonly plainHttp: PlainHttpView | null;
  readonly merge?: MergeView;
}

export function connectView({ page, settings, status, plainHttp, merge }: ConnectViewFacts): ConnectView {
  const { t, url } = page;
  const choice = connectChoice(page, status.registry.line ?? null, settings.caPem !== undefined);
  const facts = connectFacts(page, settings, choice.runs);
  return {
    ...{ title: t('operations:connect.page'), nav: 'connect', isOurs: settings.isOurs, plainHttp },
    groups: groups(page, choice, status.registry.line ?? null, settings.caPem !== undefined),
    fields: fields(page, choice, facts),
    kept: ['version', 'runs', 'trust', 'secret'].map((name) => ({ name, value: page.query(name) })),
    fromWarning: reachesItself(facts.from) && choice.runs !== 'file' ? t('operations:connect.from_localhost') : '',
    ownAccounts: status.registry.demandsPassword === true ? t('operations:connect.own_accounts') : '',
    trust: blocks(trustLines(facts, choice), null),
    lines: blocks(registryLines(facts, choice), page),
    linesText: linesText(choice.runs, t),
    restart: choice.runs === 'docker' ? [] : blocks([{ file: null, text: restartLine(choice.runs) }], null),
    secret: secretView(page, settings, choice.runs),
    checks: checksView(page, status),
    mergeHref: choice.runs === 'file' ? onPath(page, '/connect/merge') : null,
    merge: merge ?? { given: '', merged: null, error: '' },
    statusHref: url('/status'),
    helpHref: url('/help/troubleshooting'),
  };
}

/** Another path below /connect with the query of this page. */
function onPath({ path, url }: ConnectPage, target: string): string {
  const start = path.indexOf('?');
  return url(`${target}${start < 0 ? '' : path.slice(start)}`);
}

function blocks(lines: readonly Lines[], page: ConnectPage | null): readonly Block[] {
  return lines.map((each) => ({ ...each, downloadHref: page === null ? null : downloadHref(page, each.file) }));
}

function downloadHref(page: ConnectPage, file: string | null): string | null {
  if (file === null) return null;
  const href = onPath(page, '/connect/download');
  return `${href}${href.includes('?') ? '&' : '?'}file=${encodeURIComponent(file.slice(file.lastIndexOf('/') + 1))}`;
}

function groups(page: ConnectPage, choice: ConnectChoice, detected: 2 | 3 | null, hasCertificate: boolean) {
  const { t, urlWith } = page;
  const versions = ([3, 2] as const).map((version) => ({
    text: version === 3 ? 'registry:3' : 'registry:2',
    href: urlWith({ version, folder: null }),
    active: choice.version === version,
  }));
  const texts = {
    ...{ file: t('operations:connect.runs.file'), compose: t('operations:connect.runs.compose') },
    ...{ docker: 'docker run', kubernetes: 'Kubernetes' },
  };
  const runs = RUNS.map((each) => ({
    text: texts[each],
    href: urlWith({ runs: each }),
    active: each === choice.runs,
  }));
  const trusts = (['certificate', 'jwks'] as const).map((trust) => ({
    text: trust === 'jwks' ? 'jwks' : 'rootcertbundle',
    href: urlWith({ trust }),
    active: choice.trust === trust,
  }));
  const note =
    detected === null
      ? t('operations:connect.version.unknown')
      : t('operations:connect.version.detected', { version: detected });
  return [
    { label: t('operations:connect.version.label'), note, options: versions },
    { label: t('operations:connect.runs.label'), note: '', options: runs },
    ...(choice.version === 3 && hasCertificate
      ? [{ label: t('operations:connect.trust.label'), note: t('operations:connect.trust.note'), options: trusts }]
      : []),
  ];
}

function fields({ t }: ConnectPage, choice: ConnectChoice, facts: ConnectFacts): ConnectView['fields'] {
  return [
    { name: 'from', label: t('operations:connect.from'), value: facts.from, hint: t('operations:connect.from_hint') },
    {
      name: 'folder',
      label: t('operations:connect.folder'),
      value: choice.folder,
      hint: t('operations:connect.folder_hint'),
    },
  ];
}

function reachesItself(address: string): boolean {
  return isLoopbackName(hostName(new URL(address).host));
}

function linesText(runs: Runs, t: Page['t']): string {
  if (runs === 'compose') return t('operations:connect.lines.compose');
  if (runs === 'docker') return t('operations:connect.lines.docker');
  return runs === 'kubernetes' ? t('operations:connect.lines.kubernetes') : t('operations:connect.lines.file');
}

function restartLine(runs: Runs): string {
  if (runs === 'compose') return 'docker compose up -d registry';
  return runs === 'kubernetes' ? 'kubectl rollout status deployment registry' : 'docker restart registry';
}

function secretView(page: ConnectPage, settings: ConnectSettings, runs: Runs): SecretView {
  const isShown = page.query('secret') === 'shown';
  const secret = shownSecret(page, settings);
  return {
    isShown,
    isMissing: settings.secret === null,
    href: page.urlWith({ secret: isShown ? null : 'shown' }),
    ours: settings.secret === null ? blocks(secretLines(runs, secret), null) : [],
  };
}

/** Our own side of the secret: first the usual place for this set-up, then a file that fewer people read. */
function secretLines(runs: Runs, secret: string): readonly Lines[] {
  const file = {
    file: null,
    text: `install -m 600 /dev/null registry-web-events\nprintf %s '${secret}' > registry-web-events\nexport NOTIFICATIONS_SECRET_FILE="$PWD/registry-web-events"`,
  };
  const environment = `NOTIFICATIONS_SECRET: ${secret}`;
  if (runs === 'compose') {
    const service = stringify({ services: { 'registry-web': { environment: { NOTIFICATIONS_SECRET: secret } } } });
    return [
      { file: 'docker-compose.yml', text: service },
      { file: '.env', text: environment.replace(': ', '=') },
    ];
  }
  if (runs === 'docker')
    return [{ file: null, text: `docker run … -e NOTIFICATIONS_SECRET=${secret} … registry-web` }, file];
  if (runs === 'kubernetes') {
    const create = `kubectl create secret generic registry-web-secret --from-literal=NOTIFICATIONS_SECRET='${secret}'`;
    const use = 'kubectl set env deployment/registry-web --from=secret/registry-web-secret';
    return [
      { file: null, text: `${create}\n${use}` },
      { file: 'config.yml', text: `notifications:\n  secret: ${secret}` },
    ];
  }
  return [{ file: 'config.yml', text: `notifications:\n  secret: ${secret}` }, file];
}

export function checksView(page: ConnectPage, status: StatusFacts): ChecksView {
  const all = statusChecks(status);
  const checks = ORDER.flatMap((id) => all.filter((check) => check.id === id));
  const done = checks.filter(({ state }) => state === 'ok').length;
  const isDone = done === checks.length;
  return {
    isDone,
    summary: isDone
      ? page.t('operations:connect.checks.done')
      : page.t('operations:connect.checks.some', { done, total: checks.length }),
    againHref: page.urlWith({}),
    tryHref: onPath(page, '/connect/try'),
    items: checks.map((check) => checkCells(check, page)),
  };
}
