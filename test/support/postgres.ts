/** A PostgreSQL of our own: a fresh cluster on loopback that is gone afterwards. */
import { spawn } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { openPostgres } from './open-postgres.ts';
import { freePort } from './ports.ts';
import { temporaryFolder } from './tmp.ts';
import { POSTGRES_FOLDER, run } from './tools.ts';

const TEMPLATE = 'registry_web_template';

export interface Postgres {
  /** Of an empty database that only makes others. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export async function startPostgres(): Promise<Postgres> {
  const binaries = POSTGRES_FOLDER;
  const folder = await temporaryFolder('postgres');
  const account = await ordinaryAccount();
  await chown(folder.path, account.uid, account.gid);
  const data = join(folder.path, 'data');
  await run(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N'],
    account,
  );
  const port = await freePort();
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    max_connections: 200,
  };
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const child = spawn(join(binaries, 'postgres'), ['-D', data, ...flags], { ...account, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await answers(url);
  return {
    url,
    stop: async () => {
      child.kill('SIGQUIT');
      await ended;
      await folder.remove();
    },
  };
}

/** The server refuses to run as root. */
async function ordinaryAccount(): Promise<{ uid: number; gid: number }> {
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  if (own.uid !== 0) return own;
  const { stdout } = await run('id', ['-u', 'nobody']);
  const { stdout: group } = await run('id', ['-g', 'nobody']);
  return { uid: Number(stdout), gid: Number(group) };
}

async function answers(url: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await ask(url, 'select 1');
      return;
    } catch (error) {
      if (attempt >= 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function ask(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** Tables that every test database begins with. */
export async function makeTemplate(url: string): Promise<void> {
  await ask(url, `create database ${TEMPLATE} locale_provider icu icu_locale 'en-US' template template0`);
  const { close } = await openPostgres(withDatabase(url, TEMPLATE));
  await close();
}

export async function makeDatabase(url: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `test_${process.pid}_${Math.random().toString(36).slice(2)}`;
  await ask(url, `create database ${name} template ${TEMPLATE}`);
  return { url: withDatabase(url, name), drop: () => ask(url, `drop database ${name} with (force)`) };
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
