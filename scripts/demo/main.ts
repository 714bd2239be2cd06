import { startDemo } from './demo.ts';
import { PRINTED, passwordOf } from './people.ts';
import { portOf } from './ports.ts';

const say = (text: string) => void process.stderr.write(`${text}\n`);

/** `npm run demo [-- --small]`: until Ctrl+C. */
export async function runDemo(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const port = portOf(env);
  const wanted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const starting = startDemo({ port, isSmall: args.includes('--small'), say });
  // Ctrl+C during the start also cleans up.
  const demo = await Promise.race([starting, wanted.then(() => undefined)]);
  if (demo === undefined) {
    void starting.catch(() => undefined);
    process.exit(130);
  }
  process.stdout.write(welcome(demo));
  await Promise.race([wanted, demo.gone]);
  say('Removing it …');
  await demo.stop();
  process.exit(0);
}

function welcome({ url, registry, folder }: { url: string; registry: string; folder: string }): string {
  const accounts = PRINTED.map(([name, what]) => `    ${name.padEnd(8)}${passwordOf(name).padEnd(14)}${what}`);
  return `
  Registry Web, a demo: ${url}

    account password      what for
${accounts.join('\n')}
    nobody                public/** is open to everybody

  The registry:  docker login ${registry}
  Everything is in ${folder} and goes with Ctrl+C.

`;
}
