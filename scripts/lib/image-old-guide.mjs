/** As the old guides say: conf mounted read-only with root's key of mode 0600, and a data folder that root made. */
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { docker, IMAGE } from './image-engine.mjs';
import { eventually, expect, step } from './image-steps.mjs';
import { read } from './run.mjs';

const NAME = 'registry-web-old-guide';
const CONFIG = `registry:
   url: http://registry:5000/v2
   name: registry:5000
   readonly: false
   auth:
     enabled: true
     key: /conf/auth.key
     issuer: test
`;

export async function oldGuideWalk(folder) {
  const conf = join(folder, 'conf');
  const data = join(folder, 'data');
  for (const path of [conf, data]) mkdirSync(path);
  writeFileSync(join(conf, 'config.yml'), CONFIG);
  const key = join(conf, 'auth.key');
  const pair = ['-nodes', '-x509', '-subj', '/CN=localhost', '-keyout', key, '-out', join(conf, 'auth.cert')];
  read('openssl', ['req', '-new', '-newkey', 'rsa:4096', '-days', '365', ...pair]);
  chmodSync(key, 0o600);
  for (const path of [conf, data]) chmodSync(path, 0o755);
  if (process.getuid() === 0) chownSync(key, 0, 0);
  const mounts = ['-v', `${conf}:/conf:ro`, '-v', `${data}:/data`];
  try {
    await step('old guide: starts as root, takes over key and data, drops to its own user', async () => {
      docker('run', '-d', '--name', NAME, '--user', '0', ...mounts, IMAGE);
      await eventually('healthy', () => docker('inspect', '--format', '{{.State.Health.Status}}', NAME) === 'healthy');
      const status = docker('exec', NAME, 'cat', '/proc/1/status');
      expect(/^Uid:\s+1000\s+1000\s+1000\s+1000$/m.test(status), 'the server still runs as root');
      expect(/^CapEff:\s+0+$/m.test(status), 'the server still has capabilities');
    });
    await step('old guide: not as root it says which chown is missing', async () => {
      docker('rm', '-f', NAME);
      docker('run', '-d', '--name', NAME, ...mounts, IMAGE);
      await eventually(
        'stopped',
        () => docker('inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', NAME) === 'exited 78',
      );
      // `docker logs` repeats what came on stderr on stderr.
      const text = read('sh', ['-c', `docker logs ${NAME} 2>&1`]);
      expect(text.includes('chown'), `no hint in: ${text}`);
    });
  } finally {
    read('sh', ['-c', `docker rm -f ${NAME} >/dev/null 2>&1 || true`]);
  }
}
