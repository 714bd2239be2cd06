/** The image's health check: exit 0 when this machine's own server answers. Never asks the registry. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInContainer } from './config/container.ts';
import { configFile, loadConfig } from './config/load.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { config } = loadConfig({
  file: configFile(process.env, join(root, 'conf', 'config.yml')),
  env: process.env,
  inContainer: isInContainer(process.env),
});
const { tls, port, base_path: basePath } = config.server;
const request = tls.cert === null ? requestHttp : requestHttps;
// The certificate is for the name people use, not for loopback.
const options = { host: '127.0.0.1', port, path: `${basePath}/healthz`, timeout: 2_000, rejectUnauthorized: false };
const asked = request(options, (response) => process.exit(response.statusCode === 200 ? 0 : 1));
asked.on('timeout', () => asked.destroy());
asked.on('error', () => process.exit(1));
asked.end();
