/**
 * The storage tests once more, on PostgreSQL: every test file that opens a test database runs in a process of its own with
 * the address of a server that is started for them.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { tied } from '../process/process.ts';
import { requireTools } from '../process/tools.ts';
import { makeTemplate, type Postgres, startPostgres } from './postgres.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const OPENS_DATABASE = /from '[./]*support\/(?:app|data)\/(?:database|catalog|api|receiver-stack)\.ts'/;

/** What they test is the file of SQLite, or a registry that takes its time; the tables they touch are in others, too. */
const ABOUT_OTHER_THINGS = new Set([
  'test/integration/accounts-admin-command.test.ts',
  'test/integration/catalog-hostile.test.ts',
  'test/integration/catalog-resume.test.ts',
]);

function storageTests(): readonly string[] {
  return ['unit', 'integration']
    .flatMap((suite) =>
      readdirSync(join(root, 'test', suite), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(root, 'test', suite, file),
      ),
    )
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) => OPENS_DATABASE.test(readFileSync(file, 'utf8')))
    .map((file) => relative(root, file))
    .filter((file) => !ABOUT_OTHER_THINGS.has(file))
    .sort();
}

const { skip } = await requireTools('postgres');

/** A share of them: every `of`th, beginning with `number`, so that several test files run side by side. */
export function describeOnPostgres(number: number, of: number): void {
  const files = storageTests().filter((_file, index) => index % of === number);
  describe('storage tests on PostgreSQL', { skip }, () => {
    let postgres: Postgres;
    before(async () => {
      postgres = await startPostgres();
      await makeTemplate(postgres.url);
    });
    after(() => postgres.stop());

    test('there are tests that open a database', () => assert.ok(files.length > 10));

    for (const file of files) {
      test(file, async () => {
        const { code, output } = await runTests(file, postgres.url);
        assert.equal(code, 0, output.slice(-20_000));
        assert.match(output, /^# pass [1-9]/m);
        assert.match(output, /^# skipped 0$/m);
      });
    }
  });
}

const FILE_TIMEOUT_MS = 240_000;

function runTests(file: string, url: string): Promise<{ code: number; output: string }> {
  // What the runner tells its own children would make this one report in a language of theirs.
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const options = { cwd: root, env: { ...env, TEST_DATABASE_URL: url }, maxBuffer: 1 << 26 };
  const given = ['--import', 'tsx', '--test', '--test-reporter=tap', file];
  const [program, words] = tied('TERM', process.execPath, given);
  return new Promise((resolve) => {
    execFile(program, words, { ...options, timeout: FILE_TIMEOUT_MS }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, output: `${stdout}\n${stderr}` }),
    );
  });
}
