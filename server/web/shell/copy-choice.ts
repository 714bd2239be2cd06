/** The tool and the form of reference (tag, digest) in copied commands: the reader's choice, kept in a cookie. */

export const TOOLS = ['docker', 'podman', 'nerdctl', 'skopeo', 'kubernetes', 'helm', 'oras', 'own'] as const;
/** `own`: what an artifact is made for, such as ollama; oras where nothing is known. */
export type Tool = (typeof TOOLS)[number];

/** `app:v1`, `app:v1@sha256:…`, `app@sha256:…`. */
export const FORMS = ['tag', 'both', 'digest'] as const;
export type Form = (typeof FORMS)[number];

/** Container engines cannot pull charts, and neither they nor Helm other artifacts. */
export const COPY_KINDS = ['image', 'chart', 'artifact'] as const;
export type CopyKind = (typeof COPY_KINDS)[number];

/** The tools for each kind; the first is the default. */
export const TOOLS_OF: Readonly<Record<CopyKind, readonly [Tool, ...Tool[]]>> = {
  image: ['docker', 'podman', 'nerdctl', 'skopeo', 'kubernetes'],
  chart: ['helm', 'oras', 'skopeo'],
  artifact: ['own', 'oras', 'skopeo'],
};

export interface CopyChoice {
  readonly tools: Readonly<Record<CopyKind, Tool>>;
  readonly form: Form;
}

export const DEFAULT_CHOICE: CopyChoice = {
  tools: { image: TOOLS_OF.image[0], chart: TOOLS_OF.chart[0], artifact: TOOLS_OF.artifact[0] },
  form: 'tag',
};

/** @param cookie As `printCopyChoice` wrote it; whatever else stands there counts as not chosen. */
export function parseCopyChoice(cookie: string | undefined): CopyChoice {
  const [image, chart, artifact, form] = (cookie ?? '').split('.');
  return changedChoice(
    changedChoice(changedChoice(changedForm(form), 'image', image), 'chart', chart),
    'artifact',
    artifact,
  );
}

export function printCopyChoice({ tools, form }: CopyChoice): string {
  return [tools.image, tools.chart, tools.artifact, form].join('.');
}

/** Another tool for one kind: who uses podman for images still takes Helm for charts. */
export function changedChoice(choice: CopyChoice, kind: CopyKind, tool: string | undefined): CopyChoice {
  const known = TOOLS_OF[kind].find((each) => each === tool);
  return known === undefined ? choice : { ...choice, tools: { ...choice.tools, [kind]: known } };
}

function changedForm(form: string | undefined): CopyChoice {
  return { ...DEFAULT_CHOICE, form: FORMS.find((each) => each === form) ?? DEFAULT_CHOICE.form };
}

/** What a page needs to print commands. */
export interface CopySettings {
  /** What people type before the repository. */
  readonly host: string;
  /** `host` is known to answer plain HTTP: several tools need an option for it. */
  readonly isPlainHttp: boolean;
  readonly choice: CopyChoice;
}
