import {
  chmodSync,
  chownSync,
  constants,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { errorText, StartError } from '../errors.ts';
import type { Config } from './config.ts';
import { isImage } from './container.ts';

const OWN_USER = 1000;

// Bits of the capability set, see capability.h.
const CAP_SETGID = 6n;
const CAP_SETUID = 7n;
const WITHOUT_CAPABILITIES =
  'The container was started as root, but may not become another user (cap_drop). ' +
  'Start it as user 1000: `user: "1000:1000"` in compose, --user 1000:1000 for docker run, runAsUser: 1000 on Kubernetes';

/** @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html (CapEff) */
function canBecomeAnother(): boolean {
  const effective = /^CapEff:\s+([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  const has = (bit: bigint) => ((BigInt(`0x${effective ?? '0'}`) >> bit) & 1n) === 1n;
  return has(CAP_SETGID) && has(CAP_SETUID);
}

/** True in our image when it was started as root; elsewhere whoever starts us as root meant it. */
export function startsAsImageRoot(env: NodeJS.ProcessEnv): boolean {
  return process.getuid?.() === 0 && isImage(env);
}

/**
 * As root: makes the data folder ours and the operator's keys readable, then becomes user 1000 for good. Call it before
 * anything is opened.
 * @returns the configuration with the paths where the keys can be read from now on
 * @throws {StartError} with the command that does by hand what we could not.
 */
export function takeOverAndDrop(config: Config): Config {
  if (!canBecomeAnother()) throw new StartError([WITHOUT_CAPABILITIES]);
  const problems: string[] = [];
  const attempt = <Result>(work: () => Result, otherwise: Result): Result => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      problems.push(...error.reasons);
      return otherwise;
    }
  };
  const file = (path: string | null) => attempt(() => readable(path), path);
  for (const folder of [config.data.path, config.registry.setup.folder])
    if (folder !== null) attempt(() => takeFolder(folder), undefined);
  const { auth } = config.registry;
  const { tls } = config.server;
  const taken: Config = {
    ...config,
    registry: { ...config.registry, auth: { ...auth, key: file(auth.key), cert: file(auth.cert) } },
    server: { ...config.server, tls: { cert: file(tls.cert), key: file(tls.key) } },
  };
  if (problems.length > 0) throw new StartError(problems);
  dropRoot();
  return taken;
}

function takeFolder(folder: string): void {
  try {
    // As user 1000 it could not be made where the folder above is root's.
    mkdirSync(folder, { recursive: true });
    ownAll(folder);
  } catch (error) {
    const command = `chown -R ${OWN_USER}:${OWN_USER}`;
    throw new StartError([
      `${folder} cannot be made ours: ${errorText(error)}. On the host, run: ${command} on what is mounted as ${folder}`,
    ]);
  }
}

/** Links are owned themselves, never followed: the folder may hold one that leads out of it. */
function ownAll(path: string): void {
  lchownSync(path, OWN_USER, OWN_USER);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const below = join(path, entry.name);
    if (entry.isDirectory()) ownAll(below);
    else lchownSync(below, OWN_USER, OWN_USER);
  }
}

/** A key stays where it is when user 1000 can read it or can be made its owner; on a read-only mount it is copied. */
function readable(path: string | null): string | null {
  if (path === null || isReadableByUs(path) || tryOwn(path)) return path;
  try {
    const folder = mkdtempSync(join(tmpdir(), 'registry-web-'));
    const copy = join(folder, basename(path));
    writeFileSync(copy, readFileSync(path), { mode: 0o600 });
    for (const item of [copy, folder]) chownSync(item, OWN_USER, OWN_USER);
    chmodSync(folder, 0o700);
    return copy;
  } catch (error) {
    throw new StartError([
      `${path} cannot be taken over: ${errorText(error)}. On the host, in the folder mounted as ${dirname(path)}, run: chown ${OWN_USER} ${basename(path)}`,
    ]);
  }
}

function isReadableByUs(path: string): boolean {
  const { mode, uid, gid } = statSync(path);
  if (uid === OWN_USER) return (mode & constants.S_IRUSR) !== 0;
  return (mode & (gid === OWN_USER ? constants.S_IRGRP : constants.S_IROTH)) !== 0;
}

function tryOwn(path: string): boolean {
  try {
    chownSync(path, OWN_USER, OWN_USER);
    return true;
  } catch {
    return false;
  }
}

/** Becomes user 1000 for good. @throws {StartError} where the container may not. */
export function dropRoot(): void {
  process.setgroups?.([OWN_USER]);
  process.setgid?.(OWN_USER);
  process.setuid?.(OWN_USER);
  if (process.getuid?.() !== OWN_USER)
    throw new StartError(['Root could not be given up; start the container as user 1000.']);
}
