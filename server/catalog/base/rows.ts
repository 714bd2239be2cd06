// Well below the maximum number of parameters of a statement.
const VALUES_AT_ONCE = 8000;

/** Splits rows into parts that fit into one statement; all rows have the same columns. */
export function* inStatements<Row extends object>(rows: readonly Row[]): Generator<readonly Row[]> {
  const [first] = rows;
  if (first === undefined) return;
  const most = Math.max(1, Math.floor(VALUES_AT_ONCE / Object.keys(first).length));
  for (let start = 0; start < rows.length; start += most) yield rows.slice(start, start + most);
}

/** The items of each key, in their order. */
export function groupBy<Item, Key>(items: Iterable<Item>, keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
