import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'registry-web-demo-';

export interface DemoFolder {
  readonly path: string;
  /** Twice is once. */
  readonly remove: () => void;
}

/** Goes with this process, however that ends; what a killed one left goes now. */
export function makeFolder(): DemoFolder {
  for (const name of readdirSync(tmpdir())) if (name.startsWith(PREFIX)) removeOrphan(join(tmpdir(), name));
  const path = mkdtempSync(join(tmpdir(), PREFIX));
  writeFileSync(join(path, 'owner'), String(process.pid));
  const remove = () => {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    process.removeListener('exit', remove);
  };
  process.once('exit', remove);
  return { path, remove };
}

function removeOrphan(path: string): void {
  try {
    if (!isAlive(Number(readFileSync(join(path, 'owner'), 'utf8')))) rmSync(path, { recursive: true, force: true });
  } catch {
    // Somebody else's, or just being made.
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
