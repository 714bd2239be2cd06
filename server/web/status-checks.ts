/**
 * Judges the facts of /status. Pure: facts in, checks out. A check that fails carries the exact lines to change in the
 * registry's `config.yml` or in ours; its sentences are keys of `locales/<language>/status.json`.
 */
import type { StatusFacts } from './status-facts.ts';
import { storageFolder, writeAheadLog } from './status-storage.ts';

export type CheckState = 'ok' | 'warning' | 'failed' | 'unknown';

export interface Fix {
  readonly file: 'registry' | 'ours' | 'shell' | 'renewal';
  readonly lines: string;
}

/** Keys of the names of the checks. */
export const TITLES = {
  reachable: 'status:title.reachable',
  demands_token: 'status:title.demands_token',
  challenge: 'status:title.challenge',
  realm: 'status:title.realm',
  tokens: 'status:title.tokens',
  expiry: 'status:title.expiry',
  trust: 'status:title.trust',
  deletion: 'status:title.deletion',
  notifications: 'status:title.notifications',
  clock: 'status:title.clock',
  crawl: 'status:title.crawl',
  content: 'status:title.content',
  database: 'status:title.database',
  storage: 'status:title.storage',
  wal: 'status:title.wal',
} as const;
type CheckId = keyof typeof TITLES;

export interface Check {
  readonly id: CheckId;
  readonly state: CheckState;
  /** Key of its name. */
  readonly title: string;
  /** Key of the sentence that tells what was found. */
  readonly key: string;
  readonly params: Readonly<Record<string, string | number>>;
  /** Moments that the page words itself: relative, in the reader's language. */
  readonly at: number | null;
  readonly fix: Fix | null;
}

const CLOCK_LIMIT_MS = 30_000;
const DAY_MS = 86_400_000;
const EXPIRY_WARNING_MS = 30 * DAY_MS;
// A push of large layers takes its time; its event comes at the end.
const EVENT_DUE_MS = 15 * 60_000;

export function statusChecks(facts: StatusFacts): readonly Check[] {
  const checks = [reachable(facts)];
  if (facts.registry.trustsAnyCertificate === true) checks.push(trust());
  if (facts.auth.enabled)
    checks.push(demandsToken(facts), challenge(facts), realm(facts), tokens(facts), expiry(facts));
  checks.push(...content(facts));
  checks.push(deletion(facts), notifications(facts), clock(facts), crawl(facts), database(facts), ...storage(facts));
  return checks;
}

/** The worst of all: what one looks at first. Unknown is no alarm. */
export function overallState(checks: readonly Check[]): CheckState {
  if (checks.some((check) => check.state === 'failed')) return 'failed';
  return checks.some((check) => check.state === 'warning') ? 'warning' : 'ok';
}

interface Found {
  readonly params?: Check['params'];
  readonly at?: number | null;
  readonly fix?: Fix | null;
}

function check(id: CheckId, state: CheckState, key: string, { params = {}, at = null, fix = null }: Found = {}): Check {
  return { id, state, title: TITLES[id], key, params, at, fix };
}

function reachable({ registry, mode }: StatusFacts): Check {
  const params = { url: registry.url, version: registry.version ?? '', error: registry.error ?? '' };
  if (registry.reachable)
    return check('reachable', 'ok', registry.version === null ? 'status:reachable.ok' : 'status:reachable.version', {
      params,
    });
  if (mode === 'managed') return check('reachable', 'failed', 'status:reachable.managed', { params });
  const fix: Fix = { file: 'ours', lines: `registry:\n  url: ${registry.url}` };
  if (registry.failure === undefined) return check('reachable', 'failed', 'status:reachable.refused', { params, fix });
  return check('reachable', 'failed', `errors:${registry.failure.key}`, { params: registry.failure.params, fix });
}

/** A v2 configuration mounted into a v3 image is silently ignored, and the registry stands open. */
function demandsToken({ registry, auth }: StatusFacts): Check {
  if (registry.demandsToken === null) return check('demands_token', 'unknown', 'status:demands_token.unknown');
  if (registry.demandsToken) return check('demands_token', 'ok', 'status:demands_token.ok');
  const key = registry.demandsPassword === true ? 'status:demands_token.basic' : 'status:demands_token.open';
  return check('demands_token', 'failed', key, { fix: tokenFix(auth) });
}

function challenge({ registry, auth }: StatusFacts): Check {
  const found = registry.challenge;
  if (found === null || found.scheme.toLowerCase() !== 'bearer')
    return check('challenge', 'unknown', 'status:challenge.unknown');
  if (found.service !== auth.service) {
    const fix: Fix = { file: 'registry', lines: `auth:\n  token:\n    service: ${auth.service}` };
    return check('challenge', 'failed', 'status:challenge.service', {
      params: { found: found.service, ours: auth.service },
      fix,
    });
  }
  if (samePlace(found.realm, auth.realm) || isAt(found.realm, auth.cameBy))
    return check('challenge', 'ok', 'status:challenge.ok', { params: { service: auth.service } });
  const fix: Fix = { file: 'registry', lines: `auth:\n  token:\n    realm: ${auth.realm}` };
  return check('challenge', 'warning', 'status:challenge.realm', {
    params: { found: found.realm, ours: auth.realm },
    fix,
  });
}

/** Tried from here, which is not where clients are: only what would be wrong for them, too, is a failure. */
function realm({ registry, auth }: StatusFacts): Check {
  const realm = registry.challenge?.realm ?? auth.realm;
  const params = { realm, error: auth.realmError ?? '' };
  if (auth.realmReachable === null) return check('realm', 'unknown', 'status:realm.unknown');
  if (auth.realmReachable) return check('realm', 'ok', 'status:realm.ok', { params });
  if (auth.realmFailure === 'certificate') return check('realm', 'failed', 'status:realm.certificate', { params });
  if (auth.realmFailure === 'untrusted') return check('realm', 'warning', 'status:realm.untrusted', { params });
  if (isAt(realm, auth.cameBy)) return check('realm', 'ok', 'status:realm.came_by', { params });
  if (auth.realmFailure === 'container') return check('realm', 'unknown', 'status:realm.container', { params });
  return check('realm', 'failed', 'status:realm.unreachable', { params, fix: publicUrlFix(auth) });
}

/** The address that works for the reader; never what is configured already. */
function publicUrlFix({ cameBy = null, publicUrl = null }: StatusFacts['auth']): Fix | null {
  if (cameBy === null || cameBy === publicUrl) return null;
  return { file: 'ours', lines: `server:\n  public_url: ${cameBy}` };
}

function isAt(realm: string, base: string | null | undefined): boolean {
  return base != null && samePlace(realm, `${base}/api/auth`);
}

function tokens(facts: StatusFacts): Check {
  const { registry, auth } = facts;
  if (!registry.reachable) return check('tokens', 'unknown', 'status:demands_token.unknown');
  // Whoever asks for nothing takes anything: that would prove nothing.
  if (registry.demandsToken === false) return check('tokens', 'unknown', 'status:challenge.unknown');
  if (auth.accepted === null) return check('tokens', 'unknown', 'status:tokens.unknown');
  if (auth.accepted) return check('tokens', 'ok', 'status:tokens.ok', { params: { mode: auth.headerMode ?? '' } });
  // One cause, one line: another check names it already.
  if (auth.refusal !== 'key' && isExplained(facts)) return check('tokens', 'unknown', 'status:tokens.explained');
  const issuer = `    issuer: ${auth.issuer}`;
  const bundle = `    rootcertbundle: ${auth.certificatePath ?? '/conf/auth.cert'}`;
  const failed = (key: string, ...lines: readonly string[]) =>
    check('tokens', 'failed', key, {
      params: { issuer: auth.issuer, address: `${auth.realm}/ca.pem` },
      fix: { file: 'registry', lines: ['auth:', '  token:', ...lines].join('\n') },
    });
  if (auth.refusal === 'key') return failed('status:tokens.key', bundle);
  if (auth.refusal === 'claims') return failed('status:tokens.claims', issuer);
  return failed('status:tokens.refused', issuer, bundle);
}

/** A foreign service, clocks far apart or a certificate that ran out: each makes a registry refuse tokens by itself. */
function isExplained(facts: StatusFacts): boolean {
  return [challenge(facts), clock(facts), expiry(facts)].some(({ state }) => state === 'failed');
}

function expiry({ auth, now }: StatusFacts): Check {
  const at = auth.certificateExpiresAt;
  if (at === null) return check('expiry', 'ok', 'status:expiry.none');
  if (at - now >= EXPIRY_WARNING_MS) return check('expiry', 'ok', 'status:expiry.ok', { at });
  const found = { at, params: { path: auth.certificateFile ?? '' }, fix: renewal(auth) };
  if (at > now) return check('expiry', 'warning', 'status:expiry.soon', found);
  const isLeftOut = auth.accepted === true && auth.headerMode !== 'x5c';
  if (isLeftOut) return check('expiry', 'warning', 'status:expiry.left_out', found);
  return check('expiry', 'failed', 'status:expiry.over', found);
}

/** The key stays: only its certificate is made anew. */
function renewal({ certificateFile, keyFile, issuer }: StatusFacts['auth']): Fix | null {
  if (!certificateFile || !keyFile) return null;
  const subject = issuer.replaceAll(/[^\w. -]/g, '-');
  const lines = `openssl req -x509 -new -days 3650 \\\n  -key ${keyFile} -subj '/CN=${subject}' \\\n  -out ${certificateFile}`;
  return { file: 'renewal', lines };
}

/** Whoever stands between us and the registry can pose as it. */
function trust(): Check {
  const lines = 'registry:\n  trust_any_ssl: false\n  ca: /conf/registry-ca.pem';
  return check('trust', 'warning', 'status:trust.any', { fix: { file: 'ours', lines } });
}

function deletion({ registry, auth }: StatusFacts): Check {
  if (auth.readonly)
    return check('deletion', 'ok', 'status:deletion.readonly', {
      fix: { file: 'ours', lines: 'registry:\n  readonly: false' },
    });
  if (registry.deletionEnabled === null) return check('deletion', 'unknown', 'status:deletion.unknown');
  if (registry.deletionEnabled) return check('deletion', 'ok', 'status:deletion.ok');
  return check('deletion', 'failed', 'status:deletion.disabled', {
    fix: { file: 'registry', lines: 'storage:\n  delete:\n    enabled: true' },
  });
}

function notifications({ notifications: facts, now }: StatusFacts): Check {
  const fix: Fix = { file: 'registry', lines: endpointLines(facts) };
  if ((facts.refusedAt ?? 0) > (facts.lastAt ?? 0))
    return check('notifications', 'failed', 'status:notifications.refused', { at: facts.refusedAt ?? null, fix });
  if (facts.quarantined > 0) {
    return check('notifications', 'warning', 'status:notifications.quarantined', {
      params: { count: facts.quarantined },
      at: facts.lastAt,
    });
  }
  if (facts.lastAt === null) {
    // A push without its event proves that the endpoint is wrong; before the first push nothing is known.
    const pushed = facts.lastPushTokenAt !== null;
    return check(
      'notifications',
      pushed ? 'failed' : 'unknown',
      pushed ? 'status:notifications.missing' : 'status:notifications.never',
      { fix },
    );
  }
  if (
    facts.lastPushTokenAt !== null &&
    now - facts.lastPushTokenAt > EVENT_DUE_MS &&
    facts.lastPushTokenAt > facts.lastAt
  )
    return check('notifications', 'warning', 'status:notifications.silent', { at: facts.lastAt, fix });
  if (facts.lastVerified === true) {
    const instance = facts.lastInstance ?? '';
    const key = instance === '' ? 'status:notifications.ok' : 'status:notifications.from';
    return check('notifications', 'ok', key, { at: facts.lastAt, params: { instance } });
  }
  if (facts.hasSecret)
    return check('notifications', 'failed', 'status:notifications.wrong_secret', { at: facts.lastAt, fix });
  return check('notifications', 'warning', 'status:notifications.unverified', { at: facts.lastAt, fix: secretFix });
}

function clock({ registry }: StatusFacts): Check {
  if (registry.clockDifferenceMs === null) return check('clock', 'unknown', 'status:clock.unknown');
  const seconds = Math.round(Math.abs(registry.clockDifferenceMs) / 1000);
  if (Math.abs(registry.clockDifferenceMs) <= CLOCK_LIMIT_MS) return check('clock', 'ok', 'status:clock.ok');
  const found = registry.clockDifferenceMs > 0 ? 'status:clock.ahead' : 'status:clock.behind';
  return check('clock', 'failed', found, {
    params: { seconds },
    fix: { file: 'shell', lines: 'timedatectl set-ntp true' },
  });
}

function crawl({ crawl: facts }: StatusFacts): Check {
  if (facts.running)
    return check('crawl', 'ok', 'status:crawl.running', {
      params: { done: facts.done, total: facts.total ?? facts.done },
    });
  if (facts.failure) return check('crawl', 'failed', `errors:${facts.failure.key}`, crawlFailure(facts));
  if (facts.error !== null)
    return check('crawl', 'failed', 'status:crawl.failed', { params: { error: facts.error }, at: facts.finishedAt });
  if (facts.finishedAt === null) return check('crawl', 'unknown', 'status:crawl.never');
  if (facts.failures > 0)
    return check('crawl', 'warning', 'status:crawl.failures', {
      params: { count: facts.failures },
      at: facts.finishedAt,
    });
  return check('crawl', 'ok', 'status:crawl.ok', { at: facts.finishedAt });
}

/** Only while there is something to decide. */
function content({ hold }: StatusFacts): readonly Check[] {
  if (!hold) return [];
  const params = { sampled: hold.sampledCount, missing: hold.missingCount };
  return [check('content', 'failed', 'status:content.lost', { params, at: hold.since })];
}

function crawlFailure({ failure, finishedAt }: StatusFacts['crawl']): Found {
  return { params: failure?.params ?? {}, at: finishedAt };
}

function database({ database: facts }: StatusFacts): Check {
  if (facts.engine === 'postgres') return check('database', 'ok', 'status:database.postgres');
  if (facts.synchronous === null) return check('database', 'unknown', 'status:database.unknown');
  const full = /^(full|extra|2|3)$/i.test(facts.synchronous);
  return check('database', full ? 'ok' : 'failed', full ? 'status:database.ok' : 'status:database.loose', {
    params: { synchronous: facts.synchronous },
  });
}

function storage({ database: { storage: state } }: StatusFacts): readonly Check[] {
  if (state === undefined) return [];
  const judged = { storage: storageFolder(state), wal: writeAheadLog(state) };
  return (['storage', 'wal'] as const).map((id) => check(id, judged[id].state, judged[id].key, judged[id]));
}

const secretFix: Fix = { file: 'ours', lines: 'notifications:\n  secret: …' };

function endpointLines({ endpoint, hasSecret }: StatusFacts['notifications']): string {
  const header = hasSecret ? '\n      headers:\n        Authorization: [Bearer …]' : '';
  return `notifications:\n  endpoints:\n    - name: registry-web\n      url: ${endpoint}${header}`;
}

function tokenFix(auth: StatusFacts['auth']): Fix {
  const bundle = auth.certificatePath ?? '/conf/auth.cert';
  const values = [
    `realm: ${auth.realm}`,
    `service: ${auth.service}`,
    `issuer: ${auth.issuer}`,
    `rootcertbundle: ${bundle}`,
  ];
  return { file: 'registry', lines: `auth:\n  token:\n${values.map((line) => `    ${line}`).join('\n')}` };
}

/** The same realm in other words: a trailing slash, or the old path of the endpoint. */
function samePlace(found: string, ours: string): boolean {
  const plain = (text: string) => text.replace(/\/+$/, '').replace(/\/auth\/token$/, '/api/auth');
  return plain(found) === plain(ours);
}
