/** The process: reads the configuration, opens the database, builds the app, listens, and stops cleanly. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type App, createApp } from './app/app.ts';
import type { Config } from './config/config.ts';
import { isInContainer } from './config/container.ts';
import { configFile, loadConfig } from './config/load.ts';
import { startsAsImageRoot, takeOverAndDrop } from './config/privileges.ts';
import { publicBaseUrl } from './config/public-url.ts';
import { StartError } from './errors.ts';
import { createIsProxy } from './http/client-address.ts';
import { limitConnections } from './http/connection-limit.ts';
import { closeServer, createHttpServer, listen, type ServerTls } from './http/server.ts';
import { createLogger, type Logger } from './log.ts';
import { createLogOutput, writeTo } from './log-output.ts';
import { type OpenedDatabase, openDatabase } from './storage/database.ts';
import { createStorageWatch, type StorageWatch } from './storage/watch.ts';
import { keyFolderOf } from './token/key-pair.ts';

const TOO_MANY_CONNECTIONS =
  'this address holds so many connections that more are refused; if it is your proxy, name it in server.trusted_proxies';
const DRAIN_MS = 10_000;
const FORCED_EXIT_MS = 30_000;
const LOST_DRAIN_MS = 1000;
/** EX_IOERR */
const EXIT_LOST = 74;

/** The same for `server/main.ts` and for the bundle `dist/main.js`. */
const root = dirname(dirname(fileURLToPath(import.meta.url)));

async function start(log: Logger): Promise<void> {
  process.umask(0o077);
  const inContainer = isInContainer(process.env);
  const file = configFile(process.env, join(root, 'conf', 'config.yml'));
  const loaded = loadConfig({ file, env: process.env, inContainer, checksFolders: true });
  const { warnings } = loaded;
  const config = startsAsImageRoot(process.env) ? takeOverAndDrop(loaded.config) : loaded.config;
  log.level = config.log.level;
  for (const warning of warnings) log.warn(warning);
  const tls = readTls(config);
  const opened = await openDatabase({ dataPath: config.data.path, exclusive: true });
  if (opened.upgraded !== undefined) log.info(opened.upgraded, 'database upgraded');
  const configFolder = dirname(file);
  const app = await createApp({
    config,
    configFolder,
    keyFolder: keyFolderOf({
      config,
      configFolder,
      isOperatorFile: inContainer || Boolean(process.env['CONFIG_PATH']),
    }),
    root,
    opened,
    log,
    writeLog: output.write,
    now: Date.now,
    inContainer,
    cacheViews: isBundle(),
  });
  const server = createHttpServer(app.listener, tls);
  limitConnections(server, {
    isProxy: createIsProxy(config.server.trusted_proxies),
    onLimitReached: (address) => log.warn({ address }, TOO_MANY_CONNECTIONS),
  });
  const watch = watchStorage(opened, { server, app, log });
  stopOnSignal(server, { ...app, stop: () => watch.stop().then(app.stop) }, log);
  const address = await listen(server, config.server.port, config.server.host);
  log.info({ address: address.address, port: address.port, url: publicBaseUrl(config) }, 'listening');
  await app.start();
  printReady(config);
}

function readTls({ server: { tls } }: Config): ServerTls | null {
  return tls.cert === null || tls.key === null ? null : { cert: readFileSync(tls.cert), key: readFileSync(tls.key) };
}

function isBundle(): boolean {
  return import.meta.url.endsWith('.js') && existsSync(join(root, 'dist'));
}

/** For people who start it on a terminal; programs read the log line. */
function printReady(config: Config): void {
  if (!process.stdout.isTTY) return;
  process.stderr.write(`\n  Registry Web is ready: ${publicBaseUrl(config)}\n\n`);
}

function stopOnSignal(server: ReturnType<typeof createHttpServer>, app: App, log: Logger): void {
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), FORCED_EXIT_MS).unref();
    app.refuseNew();
    await closeServer(server, DRAIN_MS);
    await app.stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
}

/** When the database file is gone, nothing can be stored: requests are refused, then the process ends. */
function watchStorage(
  opened: OpenedDatabase,
  {
    server,
    app,
    log,
  }: { readonly server: ReturnType<typeof createHttpServer>; readonly app: App; readonly log: Logger },
): StorageWatch {
  const onLost = async () => {
    process.stderr.write(`Registry Web stops: ${opened.file} was removed or replaced. Put it back and start again.\n`);
    setTimeout(() => process.exit(EXIT_LOST), FORCED_EXIT_MS).unref();
    app.refuseNew();
    await closeServer(server, LOST_DRAIN_MS);
    await app.stop();
    process.exit(EXIT_LOST);
  };
  const watch = createStorageWatch({ opened, log, onLost: () => void onLost().catch(() => process.exit(EXIT_LOST)) });
  watch.start();
  return watch;
}

function failed(error: unknown, log: Logger): never {
  if (error instanceof StartError) {
    for (const reason of error.reasons) process.stderr.write(`Registry Web cannot start: ${reason}\n`);
    process.exit(error.exitCode);
  }
  log.fatal({ error }, 'start failed');
  process.exit(1);
}

const output = createLogOutput({ write: writeTo(1) });
const log = createLogger('info', output);
// Flushed on every exit, because the last lines say why.
process.on('exit', output.flush);
let isStarted = false;
// After an uncaught exception the state is unknown: exit, and let the supervisor restart us.
process.on('uncaughtException', (error) => failed(error, log));
// Nothing waits for the result of background work, so the process continues.
process.on('unhandledRejection', (error) => {
  if (!isStarted) failed(error, log);
  log.error({ error }, 'unexpected error in background work; please report this');
});
start(log).then(
  () => {
    isStarted = true;
  },
  (error: unknown) => failed(error, log),
);
