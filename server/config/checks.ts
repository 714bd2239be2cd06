/** Checks that involve more than one setting: contradictions, files that have to exist, and warnings. */
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { errorText } from '../errors.ts';
import type { Config, GivenConfig } from './config.ts';
import { hostName, isLoopbackName } from './host-name.ts';
import { isLocalName, publicBaseUrl, registryHost } from './public-url.ts';

type Check = readonly [holds: boolean, sentence: string];

function failed(checks: readonly Check[]): readonly string[] {
  return checks.filter(([holds]) => !holds).map(([, sentence]) => sentence);
}

/** @returns one sentence for each pair of contradictory settings. */
export function contradictions({ registry, server }: GivenConfig): readonly string[] {
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

/**
 * @param inImage Paths are inside the container; instructions are given for the host.
 * @returns one sentence for each configured file that is missing or cannot be read.
 */
export function unreadableFiles({ registry, server }: Config, inImage: boolean): readonly string[] {
  const { auth } = registry;
  const files: readonly (readonly [key: string, path: string | null])[] = [
    ['registry.ca', registry.ca],
    ['registry.auth.key', auth.enabled ? auth.key : null],
    ['registry.auth.cert', auth.enabled ? auth.cert : null],
    ['server.tls.cert', server.tls.cert],
    ['server.tls.key', server.tls.key],
  ];
  return files.flatMap(([key, path]) => (path === null ? [] : unreadable(key, path, inImage)));
}

function unreadable(key: string, path: string, inImage: boolean): readonly string[] {
  if (!existsSync(path)) return [`${key}: ${path} does not exist`];
  try {
    accessSync(path, constants.R_OK);
    return [];
  } catch (error) {
    const uid = process.getuid?.() ?? 0;
    const command = inImage
      ? `On the host, in the folder mounted as ${dirname(path)}, run: chown ${uid} ${basename(path)}. Or ${START_AS_ROOT_HINT}`
      : `Run: chown ${uid} ${path}`;
    return [`${key}: ${path} cannot be read (${errorText(error)}). ${command}`];
  }
}

// Started as root, the image changes the owner of the files and drops root before it listens.
const START_AS_ROOT_HINT = 'start the container without `user:` (or --user), so that it takes the files over itself';

/** @returns one sentence for each folder that we cannot write to. */
export function unwritableFolders({ data, registry }: Config, inImage: boolean): readonly string[] {
  const folders: readonly (readonly [key: string, path: string | null])[] = [
    ['data.path', data.path],
    ['registry.setup.folder', registry.setup.folder],
  ];
  return folders.flatMap(([key, path]) => (path === null ? [] : unwritable(key, path, inImage)));
}

function unwritable(key: string, path: string, inImage: boolean): readonly string[] {
  const existing = nearestExisting(path);
  if (!statSync(existing).isDirectory()) return [`${key}: ${existing} is a file; set ${key} to a folder`];
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
    return [];
  } catch (error) {
    const uid = process.getuid?.() ?? 0;
    const onHost = `On the host, run: chown -R ${uid}:${uid} on what is mounted as ${path}. Or ${START_AS_ROOT_HINT}`;
    const make = existing === path ? '' : `mkdir -p ${path} && `;
    const command = inImage ? onHost : `Run: ${make}chown -R ${uid} ${path}, or set ${key} to another folder`;
    return [`${key}: ${path} cannot be written by uid ${uid} (${errorText(error)}). ${command}`];
  }
}

/** Missing folders are created, if the folder above permits it. */
function nearestExisting(path: string): string {
  const parent = dirname(path);
  return existsSync(path) || parent === path ? path : nearestExisting(parent);
}

/** @returns warnings about settings that work but deserve attention. */
export function configWarnings(config: Config): readonly string[] {
  const { registry, server, data } = config;
  const isOpen = !isLoopbackName(server.host ?? '127.0.0.1');
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
      !namesLoopbackTwice(hostName(registryHost(config)), hostName(new URL(address).host)),
      `registry.name: ${registry.name} and server.public_url ${address} name this machine differently, which some clients (oras) refuse. Use localhost in both`,
    ],
    [
      !hasOldDatabase(data.path),
      `${data.path}/prodDb is the database of docker-registry-web: its accounts are not read. docs/compose-and-upgrade.md tells how to move`,
    ],
  ]);
}

function namesLoopbackTwice(registry: string, web: string): boolean {
  return isLoopbackName(registry) && isLoopbackName(web) && registry !== web;
}

function hasOldDatabase(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => name.startsWith('prodDb'));
  } catch {
    return false;
  }
}
