/** One container alone is a registry with everything: the binary inside is started and supervised. */
import { docker, IMAGE } from './image-engine.mjs';
import { eventually, step } from './image-steps.mjs';
import { read } from './run.mjs';

const NAME = 'registry-web-all-in-one';

export async function allInOneWalk() {
  try {
    await step('all in one: one container, the registry inside answers and demands a token', async () => {
      docker('run', '-d', '--name', NAME, '-p', '127.0.0.1:5000:5000', '-p', '127.0.0.1:8090:8080', IMAGE);
      await eventually('the registry', async () => (await fetch('http://localhost:5000/v2/')).status === 401);
    });
  } catch (error) {
    process.stderr.write(`${read('sh', ['-c', `docker logs ${NAME} 2>&1 | tail -40`])}\n`);
    throw error;
  } finally {
    read('sh', ['-c', `docker rm -f -v ${NAME} >/dev/null 2>&1 || true`]);
  }
}
