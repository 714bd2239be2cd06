import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * URL of a worker's file, beside the file that starts it: a bundle in production, a source file in development and
 * tests.
 */
export function threadFile(name: string, beside: string): URL {
  return new URL(`./${name}.${beside.endsWith('.ts') ? 'ts' : 'js'}`, beside);
}

/** The same for a Piscina pool, with the arguments that make it load TypeScript sources. */
export function poolFile(name: string, beside: string): { readonly filename: string; readonly execArgv: string[] } {
  const file = threadFile(name, beside);
  const isSource = file.pathname.endsWith('.ts');
  return { filename: fileURLToPath(file), execArgv: isSource ? ['--import', import.meta.resolve('tsx')] : [] };
}

/**
 * Starts a worker thread. Sources run through tsx, which each thread has to load itself, as well as the modules that
 * the process was started with (`--import`).
 */
export function startThread(file: URL, options: WorkerOptions): Worker {
  if (!file.pathname.endsWith('.ts')) return new Worker(file, { execArgv: [], ...options });
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const loads = [...loadedFirst(process.execArgv), file.href].map((each) => `await import(${JSON.stringify(each)});`);
  const text = `import { register } from ${tsx}; register(); ${loads.join(' ')}`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(text)}`), { execArgv: [], ...options });
}

/** The modules that the process was started with by `--import`. */
function loadedFirst(execArgv: readonly string[]): readonly string[] {
  return execArgv.flatMap((option, index) => {
    const name = execArgv[index + 1] ?? '';
    return option === '--import' && name.startsWith('/') ? [pathToFileURL(name).href] : [];
  });
}
