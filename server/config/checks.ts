/** What no single key can know: contradictions, files that have to be there, and what deserves a warning. */
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { errorText } from '../errors.ts';
import type { Config } from './config.ts';
import { isLocalName, publicBaseUrl } from './public-url.ts';

type Check = readonly [holds: boolean, sentence: string];

function failed(checks: readonly Check[]): readonly string[] {
  return checks.filter(([holds]) => !holds).map(([, sentence]) => sentence);
}

/** @returns one sentence for each pair of settings that cannot both be meant. */
export function contradictions({ registry, server }: Config): readonly string[] {
  const { basic_auth: basic, username, password, auth } = registry;
  return failed([
    [basic === null || username === null, 'registry.basic_auth: registry.username is set too, keep one of them'],
    [password === null || username !== null, 'registry.username: missing, although registry.password is set'],
    [
      basic === null || isBasic(basic),
      'registry.basic_auth: must be the base64 of user:password (printf %s user:password | base64)',
    ],
    [auth.cert === null || auth.key !== null, 'registry.auth.key: missing, although registry.auth.cert is set'],
    [server.tls.cert === null || server.tls.key !== null, 'server.tls.key: missing, although server.tls.cert is set'],
    [server.tls.key === null || server.tls.cert !== null, 'server.tls.cert: missing, although server.tls.key is set'],
  ]);
}

function isBasic(text: string): boolean {
  const decoded = Buffer.from(text, 'base64').toString('utf8');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && decoded.includes(':');
}

/** @returns one sentence for each configured file that is missing or may not be read. */
export function unreadableFiles({ registry, server }: Config): readonly string[] {
  const { auth } = registry;
  const files: readonly (readonly [key: string, path: string | null])[] = [
    ['registry.ca', registry.ca],
    ['registry.auth.key', auth.enabled ? auth.key : null],
    ['registry.auth.cert', auth.enabled ? auth.cert : null],
    ['server.tls.cert', server.tls.cert],
    ['server.tls.key', server.tls.key],
  ];
  return files.flatMap(([key, path]) => (path === null ? [] : unreadable(key, path)));
}

function unreadable(key: string, path: string): readonly string[] {
  if (!existsSync(path)) return [`${key}: ${path} does not exist`];
  try {
    accessSync(path, constants.R_OK);
    return [];
  } catch (error) {
    const uid = process.getuid?.() ?? 0;
    return [`${key}: ${path} cannot be read (${errorText(error)}). Run: chown ${uid} ${path}`];
  }
}

/** @returns what works, but the operator should know. */
export function configWarnings(config: Config): readonly string[] {
  const { registry, server, data } = config;
  const isOpen = !/^(127\.|::1$|localhost$)/.test(server.host ?? '127.0.0.1');
  const address = publicBaseUrl(config);
  return failed([
    [
      registry.auth.enabled || registry.readonly === false,
      'registry.auth.enabled is false: everybody can see everything, and deleting is off until registry.readonly is set to false',
    ],
    [
      registry.auth.enabled || registry.readonly !== false,
      'registry.auth.enabled and registry.readonly are false: everybody can see and delete everything',
    ],
    [
      !isOpen || !isLocalName(address) || !registry.auth.enabled,
      `server.public_url: ${address} only works on this machine (or not with every client). Set it to the name people use`,
    ],
    [
      !registry.trust_any_ssl,
      'registry.trust_any_ssl: anybody between us and the registry can pose as it; use registry.ca instead',
    ],
    [
      !registry.name.includes('/'),
      `registry.name: “${registry.name}” should be host:port, as people type it before the repository`,
    ],
    [
      !hasOldDatabase(data.path),
      `${data.path}/prodDb is the database of docker-registry-web: its accounts are not read. docs/compose-and-upgrade.md tells how to move`,
    ],
  ]);
}

function hasOldDatabase(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => name.startsWith('prodDb'));
  } catch {
    return false;
  }
}
