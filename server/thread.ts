import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * A thread of ours. The bundle has it as a file; the sources run through tsx, which every thread has to be told of.
 *
 * @param file `./x.js` beside the bundle, or the source.
 */
export function startThread(file: URL, options: WorkerOptions): Worker {
  if (!file.pathname.endsWith('.ts')) return new Worker(file, options);
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const text = `import { register } from ${tsx}; register(); await import(${JSON.stringify(file.href)});`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(text)}`), options);
}
