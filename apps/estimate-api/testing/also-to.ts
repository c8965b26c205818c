type Telling = Readonly<Record<string, (...args: never[]) => unknown>>;

/** An object of functions that nobody waits for, each of which calls the other's too. @param other  nobody: it is the one alone */
export function alsoTo<T extends object>(other: object | undefined, one: T): T {
  if (other === undefined) return one;
  const both = Object.entries(one as Telling).map(([name, tell]) => [
    name,
    (...args: never[]) => {
      tell(...args);
      (other as Telling)[name]?.(...args);
    },
  ]);
  return Object.fromEntries(both) as T;
}
