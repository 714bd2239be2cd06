import { join } from 'node:path';
import { type RunningProcess, startProcess, waitUntil } from '../process/process.ts';

const SOURCES = ['--import', 'tsx', join(import.meta.dirname, 'intake-process.ts')];

export interface IntakeOptions {
  /** What node runs; default: the sources. */
  readonly command?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export interface Intake {
  readonly running: RunningProcess;
  readonly port: number;
  /** As the database has it. */
  readonly synchronous: number;
}

/** The receiver alone in a process of its own, on a data folder that outlives it. */
export async function startIntake(dataPath: string, options: IntakeOptions = {}): Promise<Intake> {
  const { command = SOURCES, env = {} } = options;
  const running = startProcess(process.execPath, [...command, dataPath], { env: { ...process.env, ...env } });
  await waitUntil(running, async () => running.output().includes('\n'));
  const { port, synchronous } = JSON.parse(running.output().split('\n')[0] ?? '') as Omit<Intake, 'running'>;
  return { running, port, synchronous };
}
