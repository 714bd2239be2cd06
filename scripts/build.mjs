/** Bundles the server into dist/ (one file to read at start instead of a thousand), then makes what browsers load. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const OUT = join(ROOT, 'dist');

// Native, finding files beside their own, or loaded only to make certificates.
export const NOT_BUNDLED = ['better-sqlite3', 'piscina', '@peculiar/x509', 'reflect-metadata'];

// Packages in the older module format call require() for node's own modules.
const BANNER = `import { createRequire as createRequireHere } from 'node:module';
import { dirname as dirnameHere } from 'node:path';
import { fileURLToPath as fileURLToPathHere } from 'node:url';
const require = createRequireHere(import.meta.url);
const __filename = fileURLToPathHere(import.meta.url);
const __dirname = dirnameHere(__filename);`;

async function removeOldBundle() {
  await mkdir(OUT, { recursive: true });
  const old = (await readdir(OUT)).filter((name) => name.endsWith('.js'));
  await Promise.all(old.map((name) => rm(join(OUT, name))));
}

export async function buildServer() {
  const entries = {
    main: 'server/main.ts',
    'bcrypt-worker': 'server/accounts/bcrypt-worker.ts',
    'index-thread': 'server/app/index-thread.ts',
    'reader-worker': 'server/artifacts/reader-worker.ts',
    'disk-worker': 'server/catalog/disk/disk-worker.ts',
    'integrity-worker': 'server/storage/integrity-worker.ts',
    admin: 'server/admin.ts',
    health: 'server/health.ts',
  };
  const present = Object.entries(entries).filter(([, file]) => existsSync(join(ROOT, file)));
  await removeOldBundle();
  await build({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(present),
    outdir: OUT,
    bundle: true,
    // What is loaded on first use (certificate making, …) stays in a file of its own.
    splitting: true,
    chunkNames: 'chunk-[hash]',
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    external: NOT_BUNDLED,
    banner: { js: BANNER },
    legalComments: 'none',
    logLevel: 'warning',
  });
}

async function buildAssets() {
  const script = join(ROOT, 'scripts/build-assets.mjs');
  if (!existsSync(script)) return;
  const assets = await import(pathToFileURL(script).href);
  await assets.buildAssets?.();
}

export async function buildAll() {
  await Promise.all([buildServer(), buildAssets()]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll();
