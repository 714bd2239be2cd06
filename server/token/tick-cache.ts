/**
 * Runs `begin` once per name and turn of the event loop and shares the result. All callers asked before the first
 * result existed, so nobody gets an answer older than the question.
 */
export function createTickCache<Value>() {
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
