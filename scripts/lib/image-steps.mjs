import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const workFolder = () => mkdtempSync(join(tmpdir(), 'registry-web-image-'));

/** Does it, and says how it went and how long it took. */
export async function step(name, act) {
  const begin = Date.now();
  try {
    const result = await act();
    process.stdout.write(`  ok    ${name} (${((Date.now() - begin) / 1000).toFixed(1)} s)\n`);
    return result;
  } catch (error) {
    process.stdout.write(`  FAIL  ${name}\n`);
    throw error;
  }
}

export function expect(isTrue, message) {
  if (!isTrue) throw new Error(message);
}

/** Asks until the answer is truthy. */
export async function eventually(what, ask, timeoutMs = 90_000, pauseMs = 500) {
  const end = Date.now() + timeoutMs;
  let last;
  while (Date.now() < end) {
    try {
      const answer = await ask();
      if (answer) return answer;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  throw new Error(`${what}: not within ${timeoutMs / 1000} s${last ? `: ${last.message}` : ''}`);
}
