import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * The file of a thread: the bundle has it beside itself, the sources beside the one that starts it.
 *
 * @param name without ending.
 * @param beside `import.meta.url` of who starts it.
 */
export function threadFile(name: string, beside: string): URL {
  return new URL(`./${name}.${beside.endsWith('.ts') ? 'ts' : 'js'}`, beside);
}

/** The same for a pool of them, with what tells them of tsx where they are sources. */
export function poolFile(name: string, beside: string): { readonly filename: string; readonly execArgv: string[] } {
  const file = threadFile(name, beside);
  const isSource = file.pathname.endsWith('.ts');
  return { filename: fileURLToPath(file), execArgv: isSource ? ['--import', import.meta.resolve('tsx')] : [] };
}

/**
 * A thread of ours. The bundle has it as a file; the sources run through tsx, which every thread has to be told of, like
 * whatever else the process was told to load first.
 *
 * @param file of `threadFile`.
 */
export function startThread(file: URL, options: WorkerOptions): Worker {
  if (!file.pathname.endsWith('.ts')) return new Worker(file, { execArgv: [], ...options });
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const loads = [...loadedFirst(process.execArgv), file.href].map((each) => `await import(${JSON.stringify(each)});`);
  const text = `import { register } from ${tsx}; register(); ${loads.join(' ')}`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(text)}`), { execArgv: [], ...options });
}

/** Files that `--import` names. */
function loadedFirst(execArgv: readonly string[]): readonly string[] {
  return execArgv.flatMap((option, index) => {
    const name = execArgv[index + 1] ?? '';
    return option === '--import' && name.startsWith('/') ? [pathToFileURL(name).href] : [];
  });
}
