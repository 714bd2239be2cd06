/** Converts instructions that builders print in Go syntax to Dockerfile syntax. */
const LISTS: readonly string[] = ['CMD', 'ENTRYPOINT', 'SHELL', 'VOLUME', 'ONBUILD'];
const QUOTED = /"(?:[^"\\]|\\.)*"\s*/y;
const FLAGS = ['interval', 'timeout', 'start-period', 'start-interval'] as const;
const LETTER_ESCAPES = ['\\a', '\\b', '\\t', '\\n', '\\v', '\\f', '\\r'];
const FIRST_LETTER_ESCAPE = 7;

/** @returns the text unchanged if it is not in Go syntax. */
export function fromGoSyntax(instruction: string, text: string): string {
  if (instruction === 'HEALTHCHECK') return healthcheck(text) ?? text;
  if (!LISTS.includes(instruction)) return text;
  const words = quotedWords(text, 0);
  return words === undefined || words.end !== text.length ? text : execForm(words.list);
}

/** `&{["CMD-SHELL" "curl localhost"] "30s" "3s" "0s" "0s" '\x03'}` → `--interval=30s --timeout=3s --retries=3 CMD curl localhost` */
function healthcheck(text: string): string | undefined {
  const words = text.startsWith('&{') ? quotedWords(text, 2) : undefined;
  const [form, ...command] = words?.list ?? [];
  if (words === undefined || form === undefined) return undefined;
  if (form === '"NONE"') return 'NONE';
  const line = form === '"CMD-SHELL"' ? unquoted(command.join(' ')) : execForm(command);
  return [...flagsOf(text.slice(words.end)), 'CMD', line].join(' ');
}

function flagsOf(rest: string): readonly string[] {
  const durations = rest.match(/"\w*"/g) ?? [];
  const times = durations.slice(0, FLAGS.length).flatMap((quoted, index) => {
    const duration = quoted.slice(1, -1);
    return duration === '' || duration === '0s' ? [] : [`--${FLAGS[index]}=${duration}`];
  });
  const retries = numberOf(/(?:'([^']{1,6})'|\s(\d+))\}$/.exec(rest));
  return retries > 0 ? [...times, `--retries=${retries}`] : times;
}

/** Go may print a small number as the character with that code. */
function numberOf(match: RegExpExecArray | null): number {
  const [, character = '', digits = ''] = match ?? [];
  if (character === '') return Number(digits);
  const code = /^\\x([0-9a-f]{2})$/.exec(character)?.[1];
  if (code !== undefined) return Number.parseInt(code, 16);
  const letter = LETTER_ESCAPES.indexOf(character);
  if (letter >= 0) return letter + FIRST_LETTER_ESCAPE;
  return character.length === 1 ? character.charCodeAt(0) : 0;
}

/** Parses `["a" "b"]` from `start` on: Go prints no commas. */
function quotedWords(
  text: string,
  start: number,
): { readonly list: readonly string[]; readonly end: number } | undefined {
  if (text[start] !== '[') return undefined;
  const list: string[] = [];
  let at = start + 1;
  for (;;) {
    QUOTED.lastIndex = at;
    const word = QUOTED.exec(text)?.[0];
    if (word === undefined) break;
    list.push(word.trimEnd());
    at += word.length;
  }
  return list.length > 0 && text[at] === ']' ? { list, end: at + 1 } : undefined;
}

function execForm(words: readonly string[]): string {
  return `[${words.join(', ')}]`;
}

function unquoted(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(["\\])/g, '$1');
}
