// Loaded into every thread of the server under test before it starts (`NODE_OPTIONS=--import …`). Notes how long each
// request took, from the moment it was parsed to the end of its answer, how long the main thread's loop was held, and what
// each thread asked others. The main thread answers the benchmark on a port of its own.
import { subscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';

const MAX_WAIT_MS = 10_000;
const keepsPaths = process.env.BENCH_KEEP_PATHS === '1';
const channel = new BroadcastChannel('registry-web-bench');
let sent = { count: 0, paths: [], most: 0 };
let isAnnounced = isMainThread;
let running = 0;

subscribe('http.client.request.start', ({ request }) => {
  // Whether the registry is there is asked by the clock, however little there is to do.
  if (request.path === '/v2/') return;
  sent.count += 1;
  if (keepsPaths) sent.paths.push(`${request.method} ${request.path}`);
  running += 1;
  sent.most = Math.max(sent.most, running);
  request.once('close', () => {
    running -= 1;
  });
  // Threads that ask nobody need not be asked.
  if (!isAnnounced) tellMain();
});

function tellMain() {
  isAnnounced = true;
  channel.postMessage({ thread: threadId, sent });
}

function resetSent() {
  sent = { count: 0, paths: [], most: running };
}

if (isMainThread) answerBenchmark();
else {
  channel.onmessage = ({ data: { kind } }) => {
    if (kind === 'reset') resetSent();
    if (isAnnounced && kind !== undefined) tellMain();
  };
}
channel.unref();

function answerBenchmark() {
  const started = new WeakMap();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const threads = new Map();
  let waiting = new Set();
  let onAll = () => undefined;
  let durations = [];
  let cpu = process.cpuUsage();

  channel.onmessage = ({ data: { thread, sent: own } }) => {
    if (own === undefined) return;
    threads.set(thread, own);
    waiting.delete(thread);
    if (waiting.size === 0) onAll();
  };

  /** Of one that has ended meanwhile, what it told last counts. */
  function askThreads(kind) {
    waiting = new Set(threads.keys());
    if (waiting.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, MAX_WAIT_MS);
      onAll = () => {
        clearTimeout(timer);
        resolve();
      };
      channel.postMessage({ kind });
    });
  }

  async function reset() {
    await askThreads('reset');
    resetSent();
    durations = [];
    cpu = process.cpuUsage();
  }

  /** From now on; it wakes the thread a thousand times a second. */
  function watchLoop() {
    delay.reset();
    delay.enable();
  }

  async function report() {
    const { user, system } = process.cpuUsage(cpu);
    const loop = { p99Ms: delay.percentile(99) / 1e6, maxMs: delay.max / 1e6 };
    await askThreads('ask');
    const all = [sent, ...threads.values()];
    const outgoing = {
      count: all.reduce((sum, { count }) => sum + count, 0),
      paths: all.flatMap(({ paths }) => paths),
      most: Math.max(...all.map(({ most }) => most)),
    };
    return { durations, outgoing, cpuMs: (user + system) / 1000, loop };
  }

  const answers = { '/reset': reset, '/watch': watchLoop, '/report': report };
  const control = createServer(async (request, response) => {
    response.end(JSON.stringify((await answers[request.url]()) ?? {}));
  });
  control.listen(Number(process.env.BENCH_CONTROL_PORT), '127.0.0.1').unref();

  subscribe('http.server.request.start', ({ request, server }) => {
    if (server !== control) started.set(request, performance.now());
  });
  subscribe('http.server.response.finish', ({ request }) => {
    const at = started.get(request);
    if (at !== undefined) durations.push(performance.now() - at);
  });
}
