/** One of the two servers of `token.ts`, in its own process: `bare` signs a token with jose and does nothing else, `ours` is the product. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { SignJWT } from 'jose';
import { createLogger } from '../../server/log.ts';
import { createLogOutput, writeTo } from '../../server/log-output.ts';
import type { SigningKey } from '../../server/token/keys.ts';
import { addPeople, ISSUER, SERVICE, startTokenStack, type TokenStack } from '../support/app/token-stack.ts';

const COLD_USERS = 20;

const stack = await startTokenStack({ log: createLogger('info', createLogOutput({ write: writeTo(1) })) });
await addPeople(stack);
await addColdUsers(stack);
const [key] = stack.keys.signingKeys();
if (key === undefined) throw new Error('No signing key');

const bare = process.argv[2] === 'bare' ? await startBare(key) : 0;
const delay = monitorEventLoopDelay({ resolution: 1 });
// Ends with the benchmark, however that ends.
process.on('disconnect', () => process.exit(1));
process.on('message', async (message) => {
  if (message === 'stop') {
    await stack.stop();
    process.exit(0);
  }
  if (message === 'watch') {
    delay.reset();
    delay.enable();
    process.send?.('watching');
  }
  if (message === 'cpu') process.send?.(process.cpuUsage());
  if (message === 'stall') {
    delay.disable();
    process.send?.({ stallMs: delay.max / 1e6 });
  }
});
process.send?.({ port: bare || Number(new URL(stack.base).port) });

async function startBare({ algorithm, kid, x5c, privateKey }: SigningKey): Promise<number> {
  const header = { typ: 'JWT', alg: algorithm, kid, ...(x5c && { x5c: [...x5c] }) };
  const server = createServer(async (_request, response) => {
    const at = Math.floor(Date.now() / 1000);
    const access = [{ type: 'repository', name: 'team/app', actions: ['pull', 'push'] }];
    const claims = {
      iss: ISSUER,
      sub: 'alice',
      aud: SERVICE,
      exp: at + 900,
      nbf: at - 10,
      iat: at,
      jti: randomUUID(),
      access,
    };
    const token = await new SignJWT(claims).setProtectedHeader(header).sign(privateKey);
    const body = JSON.stringify({ token, access_token: token, expires_in: 900 });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function addColdUsers({ users, hasher }: TokenStack): Promise<void> {
  const passwordHash = await hasher.hash('the-same-for-all');
  for (let index = 0; index < COLD_USERS; index += 1) {
    await users.add({ username: `user${index}`, passwordHash, mustChangePassword: false, roleIds: [], by: 'bench' });
  }
  // The workers of the hash above must not make the first logins warm.
  await hasher.close();
}
