import { type ConfigKey, configKeys } from './keys.ts';

const HEAD = `# Configuration

<!-- Made by scripts/docs.mjs from server/config/config.ts: change the descriptions there. -->

Settings come from \`conf/config.yml\` (the environment variable \`CONFIG_PATH\` names another file) and from environment
variables, which win. Relative paths start at the folder of the file. Secrets may also come from a file: set
\`<VARIABLE>_FILE\` to its path. Durations are written \`900\`, \`15m\`, \`2h\`. Lists in a variable are separated by commas.

A mistake stops the start with exit code 78 and one sentence for each key to mend. Unknown environment variables are
ignored, and so are values that container links and Kubernetes put under our names (\`REGISTRY_PORT=tcp://…\`).

In managed mode (no \`registry.url\`) the registry is configured by \`registry.yml\` beside \`config.yml\`, and by environment
variables named \`MANAGED_REGISTRY_…\`, which it sees as \`REGISTRY_…\`.
`;

/** The text of docs/configuration.md. */
export function referencePage(): string {
  const sections = new Map<string, ConfigKey[]>();
  for (const key of configKeys()) {
    const section = key.path.split('.').slice(0, -1).join('.');
    sections.set(section, [...(sections.get(section) ?? []), key]);
  }
  return [HEAD, ...[...sections].map(([section, keys]) => sectionText(section, keys))].join('\n');
}

function sectionText(section: string, keys: readonly ConfigKey[]): string {
  const rows = keys.map(
    (key) => `| \`${key.path}\` | \`${variables(key)}\` | ${defaultText(key)} | ${cell(key.description)} |`,
  );
  return [`## ${section}`, '', '| key | variable | default | meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function variables({ environment, secret }: ConfigKey): string {
  return secret ? `${environment}\`, \`${environment}_FILE` : environment;
}

function defaultText({ defaultValue }: ConfigKey): string {
  const isNone =
    defaultValue === null || defaultValue === '' || (Array.isArray(defaultValue) && defaultValue.length === 0);
  return isNone ? '' : `\`${String(defaultValue)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
