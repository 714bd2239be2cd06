/** `npm run dev`: the sources as they are, started again on every change. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const node = (...args) => spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });

const build = node('scripts/build.mjs');
build.on('exit', (code) => {
  if (code !== 0) process.exit(code ?? 1);
  const server = node(
    '--watch-path=server',
    '--watch-path=locales',
    '--watch-preserve-output',
    '--import',
    'tsx',
    'server/main.ts',
  );
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
  server.on('exit', (exit) => process.exit(exit ?? 0));
});
