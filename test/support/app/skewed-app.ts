/** The real server with a wall clock of its own, which a test sets as an administrator or NTP would. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../process/tmp.ts';
import type { AppOptions, RunningApp } from './app.ts';

const PRELOAD = join(import.meta.dirname, 'movable-clock.ts');

export async function movableClock(aheadMs = 0) {
  const folder = await temporaryFolder('clock');
  const file = join(folder.path, 'ahead');
  await writeFile(file, String(aheadMs));
  const options: AppOptions = {
    command: ['--import', 'tsx', '--import', PRELOAD, 'server/main.ts'],
    env: { MOVABLE_CLOCK: file },
  };
  return {
    options,
    /** @param aheadMs of the real time; below zero: behind it */
    async set(app: Pick<RunningApp, 'pid'>, aheadMs: number): Promise<void> {
      await writeFile(file, String(aheadMs));
      process.kill(app.pid, 'SIGUSR2');
    },
    remove: folder.remove,
  };
}
