import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Not import.meta.dirname: a Node.js too old for it has to reach the sentence that says so.
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Runs the command in the project with our own output; answers its exit code. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
  if (result.error) process.stderr.write(`${command}: ${result.error.message}\n`);
  return result.status ?? 1;
}

/** The same for what starts servers of its own: where the system can, it is told to end when we are killed. */
export function runTied(command, args) {
  const tie = ['--pdeathsig', 'TERM'];
  const canTie = spawnSync('setpriv', [...tie, 'true'], { stdio: 'ignore', timeout: 2000 }).status === 0;
  return canTie ? run('setpriv', [...tie, command, ...args]) : run(command, args);
}

/** What the command prints, trimmed. @throws with its stderr when it fails. */
export function read(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26, ...options });
  if (result.error) throw result.error;
  if (result.status !== 0)
    throw new Error(`${command} ${args.join(' ')}: exit ${result.status}\n${result.stdout}${result.stderr}`);
  return result.stdout.trim();
}

/** Ends the process with the exit code unless it is 0. */
export function must(exitCode) {
  if (exitCode !== 0) process.exit(exitCode);
}
