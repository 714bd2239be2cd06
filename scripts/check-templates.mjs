/** Templates are read and reviewed like code: one element a line, and no line that runs out of the window. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './lib/run.mjs';

const MAX_LINE_LENGTH = 140;
const EJS = /<%[\s\S]*?%>/g;
const START_TAG = /<[a-zA-Z]/g;

/** What is inside of EJS is no element; its line breaks stay. */
function withoutEjs(text) {
  return text.replace(EJS, (code) => code.replace(/[^\n]/g, ''));
}

function problemsOf(file) {
  const text = readFileSync(join(ROOT, 'views', file), 'utf8');
  const long = text
    .split('\n')
    .flatMap((line, index) => (line.length > MAX_LINE_LENGTH ? [`${index + 1} has ${line.length} characters`] : []));
  const crowded = withoutEjs(text)
    .split('\n')
    .flatMap((line, index) => ((line.match(START_TAG)?.length ?? 0) > 1 ? [`${index + 1} has several elements`] : []));
  return [...long, ...crowded].map((problem) => `views/${file}:${problem}`);
}

const templates = readdirSync(join(ROOT, 'views'), { recursive: true }).filter((name) => name.endsWith('.ejs'));
const problems = templates.flatMap(problemsOf);
for (const problem of problems) process.stdout.write(`${problem}\n`);
if (templates.length === 0 || problems.length > 0) process.exitCode = 1;
