/** Recognises secrets in images. Pages and API mask them until asked; they remain in the image. */
const SECRET_NAME =
  /(passw|passphrase|secret|token|api_?key|private_?key|access_?key|credential|auth_?key|_pwd$|^pwd_)/i;
const SECRET_VALUE =
  /(^-----BEGIN [A-Z ]*PRIVATE KEY|^gh[pousr]_|^glpat-|^AKIA[0-9A-Z]{16}$|^xox[abp]-|^rw_|:\/\/[^/\s:@]+:[^/\s@]+@)/;

const MASK = '•••';

/** Whether a variable, label or annotation looks like a secret. Empty values never do. */
export function isSecret(name: string, value: string): boolean {
  return value !== '' && (SECRET_NAME.test(name) || SECRET_VALUE.test(value));
}

export interface EnvironmentCell {
  readonly name: string;
  readonly value: string;
  readonly isSecret: boolean;
}

/** Splits `NAME=value`; a text without `=` is a name. */
export function environmentCell(line: string): EnvironmentCell {
  const at = line.indexOf('=');
  const name = at === -1 ? line : line.slice(0, at);
  const value = at === -1 ? '' : line.slice(at + 1);
  return { name, value, isSecret: isSecret(name, value) };
}

export interface TextPart {
  readonly text: string;
  readonly isSecret: boolean;
}

// All quantifiers are bounded, so that no text makes the search slow.
const ASSIGNMENT = /\b([A-Za-z_][\w.-]{0,80})=(\\"[^"]{0,2000}"|"[^"]{0,2000}"|'[^']{0,2000}'|[^\s"',;]{1,2000})/g;
const MAX_SEARCHED_LENGTH = 20_000;

/** Whether the name of a variable or label suggests a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Splits a text into parts, with values that look like secrets (`TOKEN=…` in a command) marked. */
export function secretParts(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const found of text.slice(0, MAX_SEARCHED_LENGTH).matchAll(ASSIGNMENT)) {
    const [whole, name = '', value = ''] = found;
    if (!looksSecret(name, value)) continue;
    const start = found.index + whole.length - value.length;
    parts.push({ text: text.slice(from, start), isSecret: false }, { text: value, isSecret: true });
    from = found.index + whole.length;
  }
  return [...parts, { text: text.slice(from), isSecret: false }].filter((part) => part.text !== '');
}

function looksSecret(name: string, value: string): boolean {
  const bare = value.replace(/^\\?["']/, '');
  // `$TOKEN` only refers to a secret.
  return !bare.startsWith('$') && isSecret(name, bare);
}

/** For places where it cannot be revealed: titles, bars. */
export function maskedText(text: string): string {
  return secretParts(text)
    .map((part) => (part.isSecret ? MASK : part.text))
    .join('');
}

/** `NAME=value` with a value that looks like a secret hidden. */
export function maskedAssignment(line: string): string {
  const cell = environmentCell(line);
  return cell.isSecret ? `${cell.name}=${MASK}` : line;
}

export function maskedValue(name: string, value: string): string {
  return isSecret(name, value) ? MASK : value;
}

export function maskedRecord(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, maskedValue(name, value)]));
}
