/**
 * What begins in one turn of the event loop under one name is done once. All of it had been asked for before the first
 * was looked at, so nobody gets an answer that is older than the question.
 */
export function createTurnMemory<Value>() {
  const begun = new Map<string, Value>();
  return (name: string, begin: () => Value): Value => {
    const known = begun.get(name);
    if (known !== undefined) return known;
    if (begun.size === 0) setImmediate(() => begun.clear());
    const value = begin();
    begun.set(name, value);
    return value;
  };
}
