import { existsSync, readFileSync } from 'node:fs';
import { errorText } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether we run in our own image, which sets a variable. */
export function isImage(env: Environment): boolean {
  return env.REGISTRY_WEB_CONTAINER === '1';
}

/**
 * Whether only other machines and containers can reach us, so that listening on loopback would be useless: in our
 * image, or with a mounted `/conf` as in the guides. Not in any container: on a shared build machine or in a
 * development container it must not open a port.
 */
export function isInContainer(env: Environment, mountPoints: () => readonly string[] = readMountPoints): boolean {
  if (env.REGISTRY_WEB_CONTAINER !== undefined) return isImage(env);
  return mountPoints().includes('/conf');
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html (field 5) */
function readMountPoints(): readonly string[] {
  if (!existsSync('/proc/self/mountinfo')) return [];
  try {
    const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    return lines.map((line) => line.split(' ')[4] ?? '');
  } catch (error) {
    process.emitWarning(`The mounts of this process cannot be read: ${errorText(error)}`);
    return [];
  }
}
