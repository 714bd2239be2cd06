// Loaded into the server under test before it starts (`node --import`). Notes how long each request took, from the moment
// it was parsed to the end of its answer, and what the server asked others; answers the benchmark on a port of its own.
import { subscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';

const started = new WeakMap();
let durations = [];
let outgoing = [];
let running = 0;
let mostRunning = 0;
let cpu = process.cpuUsage();

const control = createServer((request, response) => {
  if (request.url === '/reset') {
    [durations, outgoing, mostRunning, cpu] = [[], [], running, process.cpuUsage()];
  }
  const { user, system } = process.cpuUsage(cpu);
  const report = { durations, outgoing, mostRunning, cpuMs: (user + system) / 1000, memory: process.memoryUsage() };
  response.end(JSON.stringify(request.url === '/report' ? report : {}));
});
control.listen(Number(process.env.BENCH_CONTROL_PORT), '127.0.0.1').unref();

subscribe('http.server.request.start', ({ request, server }) => {
  if (server !== control) started.set(request, performance.now());
});
subscribe('http.server.response.finish', ({ request }) => {
  const at = started.get(request);
  if (at !== undefined) durations.push(performance.now() - at);
});
subscribe('http.client.request.start', ({ request }) => {
  outgoing.push(`${request.method} ${request.path}`);
  running += 1;
  mostRunning = Math.max(mostRunning, running);
  request.once('close', () => {
    running -= 1;
  });
});
