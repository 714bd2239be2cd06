import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * A thread of ours. The bundle has it as a file; the sources run through tsx, which every thread has to be told of, like
 * whatever else the process was told to load first.
 *
 * @param file `./x.js` beside the bundle, or the source.
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
