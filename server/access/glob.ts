import { AppError } from '../errors.ts';
import { userFolderName } from './user-folder.ts';

/** A checked pattern, ready to match. `text` is what the person wrote (or, in a compiled rule, with `${user}` filled in). */
export interface Glob {
  readonly text: string;
  readonly program: readonly Step[];
  /** Set when the pattern has no wildcard before its end: most real patterns, decided without running the program. */
  readonly simple: SimpleGlob | undefined;
}

interface SimpleGlob {
  readonly kind: 'exact' | 'prefix';
  readonly value: string;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** One state of a small automaton; all states are followed at once, so that no pattern can make matching slow. */
type Step =
  | { readonly kind: 'char'; readonly code: number }
  | { readonly kind: 'one' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly Range[] }
  /** Any run; `crossing` also over `/`. */
  | { readonly kind: 'run'; readonly crossing: boolean }
  | { readonly kind: 'goto'; readonly targets: readonly number[] };

const MAX_PATTERN_LENGTH = 255;
// biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder as people write it
const USER = '${user}';
// biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder as people write it
const USER_SLUG = '${user:slug}';
const PLACEHOLDERS = [USER, USER_SLUG] as const;
const SLASH = 0x2f;

/**
 * Patterns of repository names: `*` stops at `/`, `**` does not; `?`, `[a-z]`, `[!x]`, `{a,b/c}` without nesting, `\` escapes.
 * `${user}` stands for the subject's name, `${user:slug}` for a folder that can have it; both are refused where they could not be taken literally (inside `[ ]`).
 * @throws {AppError} INVALID (field `repository`) when malformed or longer than 255 characters.
 */
export function parseGlob(text: string): Glob {
  if (text.length > MAX_PATTERN_LENGTH)
    throw malformed('pattern.too_long', `A pattern has at most ${MAX_PATTERN_LENGTH} characters.`, {
      most: MAX_PATTERN_LENGTH,
    });
  return compile(text);
}

/**
 * Compiles the pattern with `${user}` and `${user:slug}` replaced by `name`, whose characters are taken literally.
 * @throws {AppError} INVALID (field `repository`) when the pattern is malformed.
 */
export function compileForUser(text: string, name: string): Glob {
  // An escaped character is skipped as a pair, so that a name is never inserted behind a `\` of the pattern.
  return compile(text.replace(/\\.|\$\{user(:slug)?\}/gs, (found) => filledIn(found, name)));
}

function filledIn(found: string, name: string): string {
  if (found === USER) return escapeGlob(name);
  return found === USER_SLUG ? escapeGlob(userFolderName(name)) : found;
}

/** Whether the pattern contains `${user}` or `${user:slug}`. */
export function hasUserPlaceholder(text: string): boolean {
  return PLACEHOLDERS.some((placeholder) => text.includes(placeholder));
}

/** The pattern with `*` for every placeholder: it matches whatever it could match for some user. */
export function userAsWildcard(text: string): string {
  return PLACEHOLDERS.reduce((pattern, placeholder) => pattern.replaceAll(placeholder, '*'), text);
}

/** Escapes a text so that, as a pattern, it matches exactly itself. */
export function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]{},$]/g, '\\$&');
}

/**
 * Matches the whole value, case-sensitively, in time proportional to value × pattern. Doubled and trailing slashes of
 * the value are ignored.
 */
export function matchesGlob(glob: Glob, value: string): boolean {
  const path = withoutExtraSlashes(value);
  if (glob.simple?.kind === 'exact') return path === glob.simple.value;
  if (glob.simple?.kind === 'prefix') return path.startsWith(glob.simple.value);
  return run(glob.program, path);
}

function withoutExtraSlashes(value: string): string {
  if (!value.endsWith('/') && !value.includes('//')) return value;
  const single = value.replace(/\/{2,}/g, '/');
  return single.length > 1 && single.endsWith('/') ? single.slice(0, -1) : single;
}

function run(program: readonly Step[], value: string): boolean {
  let current = new Set<number>();
  enter(program, 0, current);
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    const next = new Set<number>();
    for (const state of current) follow(program, state, code, next);
    if (next.size === 0) return false;
    current = next;
  }
  return current.has(program.length);
}

/** Adds a state and all that can be reached from it without reading a character. */
function enter(program: readonly Step[], state: number, states: Set<number>): void {
  const waiting = [state];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (states.has(at)) continue;
    states.add(at);
    const step = program[at];
    if (step?.kind === 'run') waiting.push(at + 1);
    if (step?.kind === 'goto') waiting.push(...step.targets);
  }
}

function follow(program: readonly Step[], state: number, code: number, next: Set<number>): void {
  const step = program[state];
  if (step === undefined || !accepts(step, code)) return;
  enter(program, step.kind === 'run' ? state : state + 1, next);
}

function accepts(step: Step, code: number): boolean {
  switch (step.kind) {
    case 'char':
      return step.code === code;
    case 'one':
      return code !== SLASH;
    case 'run':
      return step.crossing || code !== SLASH;
    case 'class':
      return code !== SLASH && step.negated !== step.ranges.some(({ from, to }) => from <= code && code <= to);
    case 'goto':
      return false;
  }
}

interface Group {
  /** The step that branches; its targets are known when the group ends. */
  readonly start: number;
  readonly branches: number[];
  /** The steps that end a branch and jump behind the group. */
  readonly ends: number[];
}

function compile(text: string): Glob {
  const characters = Array.from(text);
  const program: Step[] = [];
  let group: Group | undefined;
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (character === '{' && group === undefined) group = openGroup(program);
    else if (character === '{') throw malformed('pattern.nested', 'Groups { } cannot stand inside each other.');
    else if (character === '}' && group !== undefined) group = closeGroup(program, group);
    else if (character === ',' && group !== undefined) nextBranch(program, group);
    else at = compileOne(characters, at, program);
  }
  if (group !== undefined) throw malformed('pattern.open_group', 'A group { is not closed with }.');
  return { text, program, simple: simpleOf(program) };
}

/** Compiles what starts at `at` and returns the index of its last character. */
function compileOne(characters: readonly string[], at: number, program: Step[]): number {
  switch (characters[at]) {
    case '$':
      return compileDollar(characters, at, program);
    case '*': {
      const crossing = characters[at + 1] === '*';
      program.push({ kind: 'run', crossing });
      return crossing ? at + 1 : at;
    }
    case '?':
      program.push({ kind: 'one' });
      return at;
    case '[':
      return compileClass(characters, at + 1, program);
    case '\\':
      if (at + 1 >= characters.length) throw malformed('pattern.escape', 'A pattern cannot end with a single \\.');
      program.push(literal(characters[at + 1] ?? ''));
      return at + 1;
    default:
      program.push(literal(characters[at] ?? ''));
      return at;
  }
}

/** `${user}` is not a group. Without a user it stands for its own text, which no repository can be called. */
function compileDollar(characters: readonly string[], at: number, program: Step[]): number {
  const found = PLACEHOLDERS.find((one) => characters.slice(at, at + one.length).join('') === one);
  if (found === undefined) {
    program.push(literal('$'));
    return at;
  }
  for (const character of found) program.push(literal(character));
  return at + found.length - 1;
}

function literal(character: string): Step {
  return { kind: 'char', code: character.codePointAt(0) ?? 0 };
}

function openGroup(program: Step[]): Group {
  program.push({ kind: 'goto', targets: [] });
  return { start: program.length - 1, branches: [program.length], ends: [] };
}

function nextBranch(program: Step[], group: Group): void {
  group.ends.push(program.length);
  program.push({ kind: 'goto', targets: [] });
  group.branches.push(program.length);
}

function closeGroup(program: Step[], group: Group): undefined {
  program[group.start] = { kind: 'goto', targets: group.branches };
  for (const end of group.ends) program[end] = { kind: 'goto', targets: [program.length] };
}

function compileClass(characters: readonly string[], start: number, program: Step[]): number {
  const end = characters.indexOf(']', start);
  if (end < 0) throw malformed('pattern.open_class', 'A set [ is not closed with ].');
  const inner = characters.slice(start, end);
  if (inner.includes('/')) throw malformed('pattern.slash_in_class', 'A set [ ] cannot contain /.');
  if (hasUserPlaceholder(inner.join('')))
    throw malformed('pattern.user_in_class', `${USER} cannot stand inside a set [ ].`);
  const negated = inner[0] === '!';
  const ranges = rangesOf(negated ? inner.slice(1) : inner);
  if (ranges.length === 0) throw malformed('pattern.empty_class', 'A set [ ] cannot be empty.');
  program.push({ kind: 'class', negated, ranges });
  return end;
}

/** A `-` at the beginning or end is literal; `^` is always literal. */
function rangesOf(inner: readonly string[]): Range[] {
  const ranges: Range[] = [];
  for (let at = 0; at < inner.length; at += 1) {
    const from = inner[at]?.codePointAt(0) ?? 0;
    const isRange = inner[at + 1] === '-' && at + 2 < inner.length;
    if (inner[at] === '-' && at > 0 && at < inner.length - 1) throw badRange(inner);
    const to = isRange ? (inner[at + 2]?.codePointAt(0) ?? 0) : from;
    if (to < from) throw badRange(inner);
    ranges.push({ from, to });
    if (isRange) at += 2;
  }
  return ranges;
}

function badRange(inner: readonly string[]): AppError {
  const set = inner.join('');
  return malformed('pattern.range', `The range in [${set}] is not in order, such as a-z.`, { set });
}

function simpleOf(program: readonly Step[]): SimpleGlob | undefined {
  const last = program.at(-1);
  const isPrefix = last?.kind === 'run' && last.crossing;
  const fixed = isPrefix ? program.slice(0, -1) : program;
  let value = '';
  for (const step of fixed) {
    if (step.kind !== 'char') return undefined;
    value += String.fromCodePoint(step.code);
  }
  return { kind: isPrefix ? 'prefix' : 'exact', value };
}

function malformed(key: string, message: string, params: Readonly<Record<string, string | number>> = {}): AppError {
  return new AppError('INVALID', message, { key, params, field: 'repository' });
}
