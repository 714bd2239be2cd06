// Limits for search; the page of an image shows all.
const MAX_PER_MANIFEST = 64;
const MAX_KEY_LENGTH = 200;
const MAX_VALUE_LENGTH = 400;

export interface Label {
  readonly key: string;
  readonly value: string;
}

type Texts = Readonly<Record<string, string>>;

/** Labels of the configuration, then annotations of the manifest, limited for search. */
export function searchableLabels(labels: Texts, annotations: Texts): readonly Label[] {
  const found = new Map<string, Label>();
  for (const [key, value] of [...Object.entries(labels), ...Object.entries(annotations)]) {
    if (found.size >= MAX_PER_MANIFEST) break;
    const label = { key, value };
    if (isSearchable(label)) found.set(labelKey(label), label);
  }
  return [...found.values()];
}

function isSearchable({ key, value }: Label): boolean {
  if (key === '' || key.length > MAX_KEY_LENGTH || value.length > MAX_VALUE_LENGTH) return false;
  // Databases may change or refuse incomplete surrogate pairs and NUL.
  return [key, value].every((text) => !text.includes('\0') && !/\p{Surrogate}/u.test(text));
}

/** Key of a label in maps. */
export function labelKey({ key, value }: Label): string {
  return `${key}\0${value}`;
}
