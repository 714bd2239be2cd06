/**
 * Templates are read and reviewed like code: one element a line, no line that runs out of the window, and a partial only
 * where two callers share it. `node scripts/check-templates.mjs [FOLDER]` checks `views/` of another folder, for its test.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './lib/run.mjs';

const MAX_LINE_LENGTH = 140;
const EJS = /<%[\s\S]*?%>/g;
const START_TAG = /<[a-zA-Z]/g;
const NAMED = /part\(\s*'\/([^']+)'/g;
/** `part(`/image/tab-${tab}`)`: one of several templates, chosen by the end of the name. */
const CHOSEN = /part\(\s*`\/([^`$]+)\$\{/g;
/** A page is named where it is rendered. */
const RENDERED = /'\/?([a-z-]+\/[a-z-]+)'/g;

const root = process.argv[2] ?? ROOT;

function read(folder, ending) {
  const names = readdirSync(join(root, folder), { recursive: true }).filter((name) => name.endsWith(ending));
  return new Map(names.map((name) => [name.slice(0, -ending.length), readFileSync(join(root, folder, name), 'utf8')]));
}

/** What is inside of EJS is no element; its line breaks stay. */
function withoutEjs(text) {
  return text.replace(EJS, (code) => code.replace(/[^\n]/g, ''));
}

function lineProblems([name, text]) {
  const long = text
    .split('\n')
    .flatMap((line, index) => (line.length > MAX_LINE_LENGTH ? [`${index + 1} has ${line.length} characters`] : []));
  const crowded = withoutEjs(text)
    .split('\n')
    .flatMap((line, index) => ((line.match(START_TAG)?.length ?? 0) > 1 ? [`${index + 1} has several elements`] : []));
  return [...long, ...crowded].map((problem) => `views/${name}.ejs:${problem}`);
}

const matches = (text, pattern) => [...text.matchAll(pattern)].map(([, found]) => found);

function callerProblems(templates, sources) {
  const names = [...templates.keys()];
  const pages = new Set([...sources.values()].flatMap((text) => matches(text, RENDERED)));
  // A template that draws itself is no caller of its own.
  const called = [...templates].flatMap(([by, text]) => matches(text, NAMED).filter((name) => name !== by));
  const starts = [...templates.values()].flatMap((text) => matches(text, CHOSEN));
  const choices = starts
    .map((start) => names.filter((name) => name.startsWith(start)))
    .filter(({ length }) => length > 1);
  const isChosen = (name) => choices.some((choice) => choice.includes(name));

  return names
    .filter((name) => !pages.has(name) && !isChosen(name))
    .map((name) => ({ name, count: called.filter((each) => each === name).length }))
    .filter(({ count }) => count < 2)
    .map(
      ({ name, count }) => `views/${name}.ejs: ${count === 0 ? 'nothing draws it' : 'one caller, fold it back there'}`,
    );
}

const templates = read('views', '.ejs');
const problems = [...[...templates].flatMap(lineProblems), ...callerProblems(templates, read('server', '.ts'))];
for (const problem of problems) process.stdout.write(`${problem}\n`);
if (templates.size === 0 || problems.length > 0) process.exitCode = 1;
