// What a search can look for; more is for the page of the image.
const MAX_PER_MANIFEST = 64;
const MAX_KEY_LENGTH = 200;
const MAX_VALUE_LENGTH = 400;

export interface Label {
  readonly key: string;
  readonly value: string;
}

type Texts = Readonly<Record<string, string>>;

/** Labels of the configuration, then annotations of the manifest, as far as a search may know them. */
export function searchableLabels(labels: Texts, annotations: Texts): readonly Label[] {
  const found = new Map<string, Label>();
  for (const [key, value] of [...Object.entries(labels), ...Object.entries(annotations)]) {
    if (found.size >= MAX_PER_MANIFEST) break;
    const label = { key, value };
    if (isSearchable(label)) found.set(pairOf(label), label);
  }
  return [...found.values()];
}

function isSearchable({ key, value }: Label): boolean {
  if (key === '' || key.length > MAX_KEY_LENGTH || value.length > MAX_VALUE_LENGTH) return false;
  // Half characters and NUL: a database may change or refuse them.
  return [key, value].every((text) => !text.includes('\0') && !/\p{Surrogate}/u.test(text));
}

/** One text for both, for maps. */
export function pairOf({ key, value }: Label): string {
  return `${key}\0${value}`;
}
