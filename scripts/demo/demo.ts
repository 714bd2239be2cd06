/** A throw-away instance with the real registry and believable content. Everything is in one folder, removed at the end. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureRepositories } from '../../server/catalog/index/new-repositories.ts';
import { type Database, openDatabase } from '../../server/storage/database.ts';
import { type Content, makeContent } from './content.ts';
import { makeFolder } from './folder.ts';
import { dataPathOf, type Instance, startInstance } from './instance.ts';
import { addPast } from './past.ts';
import { addPeople, passwordOf } from './people.ts';
import { choosePort } from './ports.ts';
import { addSamples } from './samples.ts';
import { whenTold } from './told.ts';
import { envelopesOf } from './uses.ts';

const ASK_AGAIN_MS = 200;

export interface DemoOptions {
  /** undefined: 8090, or a free one where that is taken. */
  readonly port: number | undefined;
  readonly isSmall: boolean;
  /** What commands show instead of the registry's own address. */
  readonly publicName?: string;
  /** The registry's program; default: that of the machine. */
  readonly registryBinary?: string | undefined;
  readonly say: (text: string) => void;
}

export interface Demo {
  readonly url: string;
  readonly folder: string;
  readonly registry: string;
  /** Resolves when the server is gone, whoever ended it. */
  readonly gone: Promise<void>;
  /** Ends it and removes everything; twice is once. */
  readonly stop: () => Promise<void>;
}

/** @param stopping tells that somebody does not want it any more. @throws when it could not be made; nothing is left then. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { path: folder, remove } = makeFolder();
  let instance: Instance | undefined;
  const stop = async () => {
    await instance?.stop();
    remove();
  };
  try {
    const now = Date.now();
    const secret = randomBytes(24).toString('base64url');
    const [port, registryPort] = await choosePort(options.port);
    options.say('Filling a registry …');
    const content = await makeContent({
      rootdirectory: join(dataPathOf(folder), 'registry'),
      now,
      isSmall: options.isSmall,
    });
    await fillDatabase(folder, content, now);
    options.say('Starting …');
    let log = '';
    const onLog = (text: string) => {
      log = (log + text).slice(-4000);
    };
    const { publicName, registryBinary = process.env.REGISTRY_BINARY } = options;
    const wanted = { folder, port, registryPort, secret, publicName, registryBinary };
    instance = await startInstance({ ...wanted, onLog }).catch((error: Error) => {
      throw new Error(`${error.message}\n${log}`);
    });
    options.say('A month passes …');
    await whenRead(instance.url);
    await sendEvents(instance.url, { content, now, secret });
    const { url, gone } = instance;
    await beside(folder, (db) => whenTold(db, gone));
    return { url, folder, registry: `localhost:${registryPort}`, gone, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function fillDatabase(folder: string, content: Content, now: number): Promise<void> {
  const opened = await openDatabase({ dataPath: dataPathOf(folder), exclusive: true });
  try {
    await addPeople(opened.db, now);
    await addPast(opened.db, content.deleted, now);
    await addRepositories(opened.db, content);
    await addSamples(opened.db, content, now);
  } finally {
    await opened.close();
  }
}

/** Known since they were pushed to first, not since the demo began. */
async function addRepositories(db: Database, { pushes }: Content): Promise<void> {
  const firsts = new Map([...pushes].reverse().map(({ repository, at }) => [repository, at]));
  await db.transaction().execute(async (trx) => {
    for (const [name, at] of firsts) await ensureRepositories(trx, [name], at);
  });
}

/** As a command beside the running server. */
async function beside(folder: string, work: (db: Database) => Promise<void>): Promise<void> {
  const opened = await openDatabase({ dataPath: dataPathOf(folder), exclusive: false });
  try {
    await work(opened.db);
  } finally {
    await opened.close();
  }
}

const asAdmin = { Authorization: `Basic ${Buffer.from(`admin:${passwordOf('admin')}`).toString('base64')}` };

/** The index knows what is there before it is told what was pulled. */
async function whenRead(url: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/api/v1/status`, { headers: asAdmin });
    const status = (await response.json()) as { index?: { isComplete?: boolean } };
    if (status.index?.isComplete === true) return;
    await sleep(ASK_AGAIN_MS);
  }
}

interface Story {
  readonly content: Content;
  readonly now: number;
  readonly secret: string;
}

async function sendEvents(url: string, { content, now, secret }: Story): Promise<void> {
  for (const body of envelopesOf(content, now)) {
    const response = await fetch(`${url}/api/notification`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/vnd.docker.distribution.events.v1+json',
        Authorization: `Bearer ${secret}`,
      },
      body,
    });
    if (!response.ok) throw new Error(`The notification endpoint answers ${response.status}`);
  }
}
