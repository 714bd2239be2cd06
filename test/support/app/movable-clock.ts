/**
 * Loaded before the server: its wall clock can be set, as an administrator or NTP does it. SIGUSR2 makes it read the
 * file again that holds the milliseconds it is ahead. Only the date moves; what measures durations does not.
 */
import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env['MOVABLE_CLOCK'] ?? '';
const RealDate = Date;
const realNow = Date.now.bind(Date);
let aheadMs = 0;

function read(): void {
  aheadMs = Number(readFileSync(file, 'utf8'));
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given: [] | [number]) => Reflect.construct(target, given.length === 0 ? [moved()] : given),
});
function moved(): number {
  return realNow() + aheadMs;
}
RealDate.now = moved;
// Signals reach the main thread alone.
if (isMainThread) process.on('SIGUSR2', read);
else setInterval(read, 20).unref();
read();
