/** A PostgreSQL of our own: a fresh cluster on loopback that is gone afterwards. */
import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../process/ports.ts';
import { type Account, startProcess, waitUntil } from '../process/process.ts';
import { temporaryFolder } from '../process/tmp.ts';
import { POSTGRES_FOLDER, run } from '../process/tools.ts';
import { openPostgres } from './open-postgres.ts';

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
  if (account !== undefined) await chown(folder.path, account.uid, account.gid);
  const data = join(folder.path, 'data');
  await run(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N'],
    { ...account },
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
  const running = startProcess(join(binaries, 'postgres'), ['-D', data, ...flags], { account });
  const stop = async () => {
    await running.stop('SIGQUIT');
    await folder.remove();
  };
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  try {
    await waitUntil(running, () => ask(url, 'select 1').then(() => true));
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

/** The server refuses to run as root. @returns undefined for us. */
async function ordinaryAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const { stdout } = await run('id', ['-u', 'nobody']);
  const { stdout: group } = await run('id', ['-g', 'nobody']);
  return { uid: Number(stdout), gid: Number(group) };
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
