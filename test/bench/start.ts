/** Second `npm start` on data that is there: time to the first answer, and memory once it idles. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../support/process/ports.ts';
import { startProcess, waitUntil } from '../support/process/process.ts';
import { temporaryFolder } from '../support/process/tmp.ts';
import { startRegistry } from '../support/registry/registry.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
const MAX_MS = 1000;
const MAX_MEGABYTES = 120;
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
  for (let round = 0; round < 3; round += 1) {
    const { running, tookMs } = await start();
    times.push(tookMs);
    if (round === 2) {
      await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
      memory = await residentMegabytes(running.child.pid ?? 0);
    }
    await running.stop();
  }
  const best = Math.min(...times);
  console.log(`first page of a new installation: ${first.tookMs.toFixed(0)} ms`);
  console.log(
    `first page of later starts: ${times.map((time) => time.toFixed(0)).join(', ')} ms (goal below ${MAX_MS})`,
  );
  console.log(`idle memory: ${memory.toFixed(0)} MB (goal below ${MAX_MEGABYTES})`);
  if (best >= MAX_MS || memory >= MAX_MEGABYTES) process.exitCode = 1;
} finally {
  await registry.stop();
  await folder.remove();
}
