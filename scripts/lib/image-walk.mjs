/** What every set-up has to let people do, with the engine's own docker and the pages. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addUser, plain, signIn } from './image-people.mjs';
import { eventually, expect, step } from './image-steps.mjs';
import { read } from './run.mjs';

export const ORIGIN = 'http://localhost:8090';
const REGISTRY = 'localhost:5000';
const REPOSITORY = 'team/hello';
const REFERENCE = `${REGISTRY}/${REPOSITORY}:v1`;
// The registry sends a notification at once; the rest is for slow machines.
const EVENT_MS = 3_000;
const PASSWORD = 'walk-through-the-image';

/** The first answers of both: our sign-in page, and a registry that asks for a token of ours. */
export async function answers() {
  await eventually('the registry asks for a token', async () => {
    const { status, headers } = await fetch(`http://${REGISTRY}/v2/`);
    return status === 401 && headers.get('www-authenticate').includes(`realm="${ORIGIN}/api/auth"`);
  });
}

/** @returns `docker` as one person, with credentials of their own. */
function dockerOf(folder, username) {
  const env = { ...process.env, DOCKER_CONFIG: mkdtempSync(join(folder, `docker-${username}-`)) };
  const docker = (args, input) => read('docker', args, { env, input });
  return {
    login: (password) => docker(['login', '-u', username, '--password-stdin', REGISTRY], password),
    push: () => docker(['push', REFERENCE]),
    pull: () => docker(['pull', REFERENCE]),
  };
}

/** Docker has to fail with a sentence like this, which is shown. */
function expectRefused(what, act, sentence) {
  let output;
  try {
    output = act();
  } catch (error) {
    const said = error.message.split('\n').find((line) => sentence.test(line));
    expect(said !== undefined, `${what}: docker said: ${error.message}`);
    process.stdout.write(`        ${what}: ${said}\n`);
    return;
  }
  throw new Error(`${what} went through: ${output}`);
}

/** A small image, different each time, so that nothing of it is anywhere yet. */
function makeImage(folder) {
  const content = mkdtempSync(join(folder, 'content-'));
  mkdirSync(join(content, 'etc'));
  writeFileSync(join(content, 'etc', 'hello'), `${Date.now()} ${Math.random()}\n`);
  read('sh', ['-c', `tar -C ${content} -c . | docker import -c 'CMD ["/hello"]' - ${REFERENCE}`]);
}

const forgetImage = () => read('docker', ['rmi', REFERENCE]);

/** With the first admin signed in: users of three kinds, and what docker and the pages tell each of them. */
export async function peopleWalk(name, folder, admin) {
  const [lin, rea, nil] = ['lin', 'rea', 'nil'].map((username) => dockerOf(folder, username));
  await step(`${name}: the admin makes users with write-all, with read-all and without a role`, async () => {
    await addUser(admin, 'lin', PASSWORD, ['write-all']);
    await addUser(admin, 'rea', PASSWORD, ['read-all']);
    await addUser(admin, 'nil', PASSWORD, []);
  });
  await step(`${name}: docker login; a wrong password is refused`, () => {
    expectRefused('a wrong password', () => lin.login('wrong-password'), /unauthorized/i);
    for (const person of [lin, rea, nil]) person.login(PASSWORD);
  });
  await step(`${name}: docker push, and who pushed it is on the pages within ${EVENT_MS / 1000} s`, async () => {
    makeImage(folder);
    lin.push();
    const tookMs = await isOnThePages(admin, EVENT_MS);
    process.stdout.write(`        on the page ${tookMs} ms after docker was done\n`);
    forgetImage();
  });
  await step(`${name}: read-all pulls and is refused the push; without a role nothing is seen or pulled`, async () => {
    expectRefused('a pull without a grant', nil.pull, /denied/);
    rea.pull();
    expectRefused('a push with read-all', rea.push, /denied/);
    forgetImage();
    const { status } = await (await signIn(ORIGIN, 'nil', PASSWORD)).get(`/repositories/${REPOSITORY}`);
    expect(status === 404, `the repository's page without a grant: ${status}`);
    const { text } = await admin.get('/events/refused');
    expect(text.includes('rea') && text.includes('nil'), `refused requests are not shown: ${plain(text)}`);
  });
}

/** After a restart: who could sign in, push and pull before still can, and the pages still know. */
export async function restartedWalk(folder, password) {
  await answers();
  await isOnThePages(await signIn(ORIGIN, 'admin', password), EVENT_MS);
  const lin = dockerOf(folder, 'lin');
  await eventually('docker login', () => lin.login(PASSWORD) !== '');
  lin.pull();
  lin.push();
  forgetImage();
}

async function isOnThePages(admin, timeoutMs) {
  const begin = Date.now();
  const isThere = async () => {
    const events = await admin.get('/events');
    const { text } = await admin.get(`/repositories/${REPOSITORY}`);
    return events.text.includes('hello') && text.includes('v1') && text.includes('lin');
  };
  await eventually(`${REPOSITORY} and lin on the pages`, isThere, timeoutMs, 100);
  return Date.now() - begin;
}
