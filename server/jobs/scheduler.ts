/** Scheduled jobs: last run, next run, result. The jobs themselves are defined in `app/`. */
import { Cron } from 'croner';
import { errorText } from '../errors.ts';
import type { Logger } from '../log.ts';

export interface Job {
  readonly name: string;
  /** A cron expression in the time zone of `TZ`; null: only on demand. */
  readonly schedule: string | null;
  /** Jobs of one lane never run at the same time. */
  readonly lane: string;
  readonly run: () => Promise<unknown>;
  /** Run soon after start if a scheduled run was missed while no process ran. */
  readonly isCaughtUp?: boolean;
}

export interface JobState {
  readonly name: string;
  readonly schedule: string | null;
  readonly isRunning: boolean;
  readonly lastStartedAt: number | null;
  /** null until the first run has ended. */
  readonly lastDurationMs: number | null;
  /** Error of the last run; null: it succeeded. */
  readonly lastError: string | null;
  readonly nextAt: number | null;
}

export interface SchedulerDeps {
  readonly now: () => number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly log: Logger;
  readonly tickMs?: number;
  /** Stores the last run of each job; without it nothing is stored. */
  readonly runs?: JobRuns;
}

const TICK_MS = 1000;

interface Entry {
  readonly job: Job;
  readonly cron: Cron | undefined;
  state: JobState;
  running: Promise<void> | undefined;
}

/**
 * Checks the clock every second instead of sleeping until the next run: when the clock jumps forward, each job runs
 * late once; when it jumps back, none waits for the old time. Missed runs are only made up for jobs with `isCaughtUp`.
 */
export function createScheduler({ now, clock, log, tickMs = TICK_MS, runs }: SchedulerDeps) {
  const entries = new Map<string, Entry>();
  const lanes = new Map<string, Promise<void>>();
  let lastLookAt = now();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  function plan(entry: Entry, after: number): void {
    const next = entry.cron?.nextRun(new Date(after)) ?? null;
    entry.state = { ...entry.state, nextAt: next === null ? null : next.getTime() };
  }

  async function execute(entry: Entry): Promise<void> {
    if (isStopped) return;
    const begun = clock();
    entry.state = { ...entry.state, isRunning: true, lastStartedAt: now(), lastDurationMs: null, lastError: null };
    let lastError: string | null = null;
    try {
      await entry.job.run();
    } catch (error) {
      lastError = errorText(error);
      log.error({ job: entry.job.name, error: lastError }, 'job failed');
    }
    entry.state = { ...entry.state, isRunning: false, lastDurationMs: Math.round(clock() - begun), lastError };
    // Jobs that run every minute are not worth a write each time.
    if (entry.job.isCaughtUp === true)
      await runs
        ?.save(entry.state)
        .catch((error: unknown) => log.warn({ error: errorText(error) }, 'job run not stored'));
  }

  /** Does not start a job again that still runs or waits for its lane. */
  function start(entry: Entry): Promise<void> {
    if (entry.running !== undefined) return entry.running;
    const before = lanes.get(entry.job.lane) ?? Promise.resolve();
    const work = before
      .then(() => execute(entry))
      .finally(() => {
        entry.running = undefined;
      });
    entry.running = work;
    lanes.set(entry.job.lane, work);
    return work;
  }

  function tick(): void {
    const at = now();
    const hasJumpedBack = at < lastLookAt;
    lastLookAt = at;
    for (const entry of entries.values()) {
      const { nextAt } = entry.state;
      const isDue = nextAt !== null && nextAt <= at;
      if (isDue || hasJumpedBack) plan(entry, at);
      if (isDue) void start(entry);
    }
  }

  return {
    add(job: Job): void {
      const cron = job.schedule === null ? undefined : new Cron(job.schedule);
      const state: JobState = {
        ...{ name: job.name, schedule: job.schedule, isRunning: false },
        ...{ lastStartedAt: null, lastDurationMs: null, lastError: null, nextAt: null },
      };
      const entry: Entry = { job, cron, state, running: undefined };
      plan(entry, now());
      entries.set(job.name, entry);
    },
    /** Loads the last runs of earlier processes. To be awaited before `start`. */
    async restore(): Promise<void> {
      for (const last of (await runs?.all()) ?? []) {
        const entry = entries.get(last.name);
        if (entry === undefined || entry.state.lastStartedAt !== null) continue;
        entry.state = { ...entry.state, ...last };
      }
      for (const { job, cron, state } of entries.values()) {
        const entry = entries.get(job.name);
        if (entry !== undefined && job.isCaughtUp === true && isOverdue(cron, state, now())) {
          entry.state = { ...state, nextAt: now() };
        }
      }
    },
    start(): void {
      timer = setInterval(tick, tickMs).unref();
    },
    /** One run of the timer; for tests. */
    tick,
    /** Runs the job now. @returns when it has ended, successfully or not. */
    async run(name: string): Promise<void> {
      const entry = entries.get(name);
      if (entry !== undefined) await start(entry);
    },
    states: (): readonly JobState[] => [...entries.values()].map((entry) => entry.state),
    /** Starts no more jobs. @returns when the running ones have ended. */
    async stop(): Promise<void> {
      isStopped = true;
      clearInterval(timer);
      await Promise.all(lanes.values());
    },
  };
}
export interface JobRun {
  readonly name: string;
  readonly lastStartedAt: number;
  readonly lastDurationMs: number | null;
  readonly lastError: string | null;
}

/** Implemented by `job-runs.ts`. */
export interface JobRuns {
  readonly all: () => Promise<readonly JobRun[]>;
  readonly save: (state: JobState) => Promise<void>;
}

/**
 * It never ran, or a scheduled run was missed. A last run in the future was recorded with a wrong clock and counts as
 * missed.
 */
function isOverdue(cron: Cron | undefined, { lastStartedAt }: JobState, at: number): boolean {
  if (cron === undefined) return false;
  if (lastStartedAt === null || lastStartedAt > at) return true;
  const next = cron.nextRun(new Date(lastStartedAt));
  return next !== null && next.getTime() <= at;
}

export type Scheduler = ReturnType<typeof createScheduler>;
