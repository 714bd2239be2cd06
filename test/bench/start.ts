/** `npm start` again, on data that is there: time to the first answer, and memory of all threads once it idles. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { freePort } from '../support/process/ports.ts';
import { startProcess, waitUntil } from '../support/process/process.ts';
import { temporaryFolder } from '../support/process/tmp.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { note, show } from './lines.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
const MAX_MS = 1000;
const MAX_MEGABYTES = 130;
const ROUNDS = 3;
const IDLE_MS = 10_000;

const folder = await temporaryFolder('bench');
const registry = await startRegistry();
const port = await freePort();
const confPath = join(folder.path, 'conf');
await mkdir(confPath);
const settings = { registry: { url: registry.url, name: registry.host }, server: { host: '127.0.0.1', port } };
await writeFile(join(confPath, 'config.yml'), stringify(settings));

/** Milliseconds from the start of the process to its first page. */
async function start() {
  const env = { ...process.env, CONFIG_PATH: join(confPath, 'config.yml'), REGISTRY_WEB_CONTAINER: '0' };
  const begin = performance.now();
  const running = startProcess(process.execPath, ['scripts/start.mjs'], { cwd: PROJECT, env });
  await waitUntil(running, async () => (await fetch(`http://127.0.0.1:${port}/login`)).ok, 120_000);
  return { running, tookMs: performance.now() - begin };
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

try {
  const first = await start();
  await first.running.stop();
  const times: number[] = [];
  let memory = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const { running, tookMs } = await start();
    times.push(tookMs);
    if (round === ROUNDS - 1) {
      await sleep(IDLE_MS);
      memory = await residentMegabytes(running.child.pid ?? 0);
    }
    await running.stop();
  }
  const best = Math.min(...times);
  note(`first answer of a new installation: ${first.tookMs.toFixed(0)} ms`);
  show({
    what: `first answer after \`npm start\` again, best of ${ROUNDS}`,
    measured: times.map((time) => `${time.toFixed(0)} ms`).join(', '),
    goal: `below ${MAX_MS} ms`,
    isMet: best < MAX_MS,
  });
  show({
    what: 'idle memory of all threads',
    measured: `${memory.toFixed(0)} MB`,
    goal: `below ${MAX_MEGABYTES} MB`,
    isMet: memory < MAX_MEGABYTES,
  });
} finally {
  await registry.stop();
  await folder.remove();
}
