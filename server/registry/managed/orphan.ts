/** PID file of the registry that we start, for ending one that outlived a crash of ours. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** PIDs are reused; together with the start time they are unique. '' without /proc. */
function startTime(pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
    return fields?.[19] ?? '';
  } catch {
    return '';
  }
}

/** Writes the PID and its start time. @throws errors of the file system. */
export function writePidFile(file: string, pid: number): void {
  writeFileSync(file, `${pid} ${startTime(pid)}\n`);
}

export function removePidFile(file: string): void {
  rmSync(file, { force: true });
}

/** Ends the process of the PID file if it still runs: SIGTERM, after 3 s SIGKILL. @returns whether there was one. */
export async function terminateOrphan(file: string): Promise<boolean> {
  const pid = orphanPid(file);
  removePidFile(file);
  if (pid === undefined) return false;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!send(pid, signal)) break;
    if (await hasEnded(pid)) break;
  }
  return true;
}

function orphanPid(file: string): number | undefined {
  try {
    const [pid = '', started = ''] = readFileSync(file, 'utf8').trim().split(' ');
    return started !== '' && startTime(Number(pid)) === started ? Number(pid) : undefined;
  } catch {
    return undefined;
  }
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

async function hasEnded(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 30; tries += 1) {
    if (startTime(pid) === '') return true;
    await sleep(100);
  }
  return false;
}
