/** The checks about tokens: the registry requires them, where it sends clients, and whether it accepts ours. */
import { type Check, check, type Fix } from './check.ts';
import type { StatusFacts } from './facts.ts';
import { defaultFolder, trustPath } from './trust-file.ts';

const CLOCK_LIMIT_MS = 30_000;
const DAY_MS = 86_400_000;
const EXPIRY_WARNING_MS = 30 * DAY_MS;

/** A v2 configuration mounted into a v3 image is silently ignored, which leaves the registry unprotected. */
export function demandsToken(facts: StatusFacts): Check {
  const { registry } = facts;
  if (registry.demandsToken === null)
    return check('demands_token', 'unknown', 'operations:status.demands_token.unknown');
  if (registry.demandsToken) return check('demands_token', 'ok', 'operations:status.demands_token.ok');
  const key = registry.demandsPassword
    ? 'operations:status.demands_token.basic'
    : 'operations:status.demands_token.open';
  return check('demands_token', 'failed', key, { fix: tokenFix(facts) });
}

export function challenge({ registry, auth }: StatusFacts): Check {
  const found = registry.challenge;
  if (found === null || found.scheme.toLowerCase() !== 'bearer')
    return check('challenge', 'unknown', 'operations:status.challenge.unknown');
  if (found.service !== auth.service) {
    const fix: Fix = { file: 'registry', lines: `auth:\n  token:\n    service: ${auth.service}` };
    return check('challenge', 'failed', 'operations:status.challenge.service', {
      params: { found: found.service, ours: auth.service },
      fix,
    });
  }
  if (samePlace(found.realm, auth.realm) || isAt(found.realm, auth.cameBy))
    return check('challenge', 'ok', 'operations:status.challenge.ok', { params: { service: auth.service } });
  return check('challenge', 'warning', 'operations:status.challenge.realm', {
    params: { found: found.realm, ours: auth.realm },
    fix: realmFix(auth),
  });
}

function realmFix(auth: StatusFacts['auth']): Fix {
  return { file: 'registry', lines: `auth:\n  token:\n    realm: ${auth.realm}` };
}

/** The realm is fetched from here, not from where clients are, so only what must fail for them too is a failure. */
export function realm({ registry, auth }: StatusFacts): Check {
  const realm = registry.challenge?.realm ?? auth.realm;
  const params = { realm, error: auth.realmError ?? '' };
  if (auth.realmReachable === null) return check('realm', 'unknown', 'operations:status.realm.unknown');
  if (auth.realmReachable) return check('realm', 'ok', 'operations:status.realm.ok', { params });
  if (auth.realmFailure === 'certificate')
    return check('realm', 'failed', 'operations:status.realm.certificate', { params });
  if (auth.realmFailure === 'untrusted')
    return check('realm', 'warning', 'operations:status.realm.untrusted', { params });
  if (isAt(realm, auth.cameBy)) return check('realm', 'ok', 'operations:status.realm.came_by', { params });
  if (auth.realmFailure === 'container')
    return check('realm', 'unknown', 'operations:status.realm.container', { params });
  const isOurs = samePlace(realm, auth.realm);
  return check('realm', 'failed', 'operations:status.realm.unreachable', {
    params,
    fix: isOurs ? publicUrlFix(auth) : realmFix(auth),
  });
}

/** Proposes the address that works for the reader; null when that is configured already. */
function publicUrlFix({ cameBy, publicUrl }: StatusFacts['auth']): Fix | null {
  if (cameBy === null || cameBy === publicUrl) return null;
  return { file: 'ours', lines: `server:\n  public_url: ${cameBy}` };
}

function isAt(realm: string, base: string | null): boolean {
  return base !== null && samePlace(realm, `${base}/api/auth`);
}

export function tokens(facts: StatusFacts): Check {
  const { registry, auth } = facts;
  if (!registry.reachable) return check('tokens', 'unknown', 'operations:status.demands_token.unknown');
  // A registry that requires no token accepts any request, which proves nothing about ours.
  if (registry.demandsToken === false) return check('tokens', 'unknown', 'operations:status.challenge.unknown');
  if (auth.accepted === null) return check('tokens', 'unknown', 'operations:status.tokens.unknown');
  if (auth.accepted)
    return check('tokens', 'ok', 'operations:status.tokens.ok', { params: { mode: auth.headerMode ?? '' } });
  // Another check names the cause already.
  if (auth.refusal !== 'key' && isExplained(facts))
    return check('tokens', 'unknown', 'operations:status.tokens.explained');
  const issuer = `    issuer: ${auth.issuer}`;
  const bundle = `    ${bundleLine(facts)}`;
  const failed = (key: string, ...lines: readonly string[]) =>
    check('tokens', 'failed', key, {
      params: { issuer: auth.issuer, address: `${auth.realm}/ca.pem` },
      fix: { file: 'registry', lines: ['auth:', '  token:', ...lines].join('\n') },
    });
  if (auth.refusal === 'key') return failed('operations:status.tokens.key', bundle);
  if (auth.refusal === 'claims') return failed('operations:status.tokens.claims', issuer);
  return failed('operations:status.tokens.refused', issuer, bundle);
}

/** Whether another check explains refused tokens: another service, clocks that differ, or an expired certificate. */
function isExplained(facts: StatusFacts): boolean {
  return [challenge(facts), clock(facts), expiry(facts)].some(({ state }) => state === 'failed');
}

export function expiry({ auth, now }: StatusFacts): Check {
  const at = auth.certificateExpiresAt;
  if (at === null) return check('expiry', 'ok', 'operations:status.expiry.none');
  if (at - now >= EXPIRY_WARNING_MS) return check('expiry', 'ok', 'operations:status.expiry.ok', { at });
  const found = { at, params: { path: auth.certificateFile ?? '' }, fix: renewal(auth) };
  if (at > now) return check('expiry', 'warning', 'operations:status.expiry.soon', found);
  const isLeftOut = auth.accepted === true && auth.headerMode !== 'x5c';
  if (isLeftOut) return check('expiry', 'warning', 'operations:status.expiry.left_out', found);
  return check('expiry', 'failed', 'operations:status.expiry.over', found);
}

/** Renews the certificate and keeps the key. */
function renewal({ certificateFile, keyFile, issuer }: StatusFacts['auth']): Fix | null {
  if (!certificateFile || !keyFile) return null;
  const subject = issuer.replaceAll(/[^\w. -]/g, '-');
  const lines = `openssl req -x509 -new -days 3650 \\\n  -key ${keyFile} -subj '/CN=${subject}' \\\n  -out ${certificateFile}`;
  return { file: 'renewal', lines };
}

/** `trust_any_ssl` allows anybody between us and the registry to impersonate it. */
export function trust(): Check {
  const lines = 'registry:\n  trust_any_ssl: false\n  ca: /conf/registry-ca.pem';
  return check('trust', 'warning', 'operations:status.trust.any', { fix: { file: 'ours', lines } });
}

export function clock({ registry }: StatusFacts): Check {
  if (registry.clockDifferenceMs === null) return check('clock', 'unknown', 'operations:status.clock.unknown');
  const seconds = Math.round(Math.abs(registry.clockDifferenceMs) / 1000);
  if (Math.abs(registry.clockDifferenceMs) <= CLOCK_LIMIT_MS) return check('clock', 'ok', 'operations:status.clock.ok');
  const found = registry.clockDifferenceMs > 0 ? 'operations:status.clock.ahead' : 'operations:status.clock.behind';
  return check('clock', 'failed', found, {
    params: { seconds },
    fix: { file: 'shell', lines: 'timedatectl set-ntp true' },
  });
}

/** As proposed at /connect: beside the registry's configuration; the file is downloaded from us. */
function bundleLine({ registry, auth }: StatusFacts): string {
  if (!auth.hasCertificate) return 'rootcertbundle: /conf/auth.cert';
  const folder = defaultFolder(registry.line ?? 3);
  return `rootcertbundle: ${trustPath({ folder, trust: 'certificate' })}  # ${auth.realm}/ca.pem`;
}

function tokenFix(facts: StatusFacts): Fix {
  const { auth } = facts;
  const values = [`realm: ${auth.realm}`, `service: ${auth.service}`, `issuer: ${auth.issuer}`, bundleLine(facts)];
  return { file: 'registry', lines: `auth:\n  token:\n${values.map((line) => `    ${line}`).join('\n')}` };
}

/** Whether two realms are equal but for a trailing slash or the old path of the endpoint. */
function samePlace(found: string, ours: string): boolean {
  const plain = (text: string) => text.replace(/\/+$/, '').replace(/\/auth\/token$/, '/api/auth');
  return plain(found) === plain(ours);
}
