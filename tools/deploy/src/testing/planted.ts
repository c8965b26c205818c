import type { KubernetesObject } from '../objects/kubernetes-object.ts';

/** @returns a value as a tree that may be changed */
function fieldsOf(value: unknown): Record<string, unknown> {
  return value as Record<string, unknown>;
}

/**
 * Plants a fault.
 *
 * @param path  `a.b.0.c` inside the object of that kind and name; `undefined` as value takes the field out
 * @returns a copy of the objects that differs in one place
 * @throws {TypeError} there is no such object: the test would prove nothing
 */
export function planted(
  objects: readonly KubernetesObject[],
  [kind, name]: readonly [kind: string, name: string],
  path: string,
  value: unknown,
): KubernetesObject[] {
  // Through text, so that objects share no part: a fault in one would be in others.
  const copy = JSON.parse(JSON.stringify(objects)) as KubernetesObject[];
  const object = copy.find((each) => each.kind === kind && each.metadata.name === name);
  if (object === undefined) throw new TypeError(`no ${kind} is called ${name}`);
  const fields = path.split('.');
  const last = fields.pop() ?? '';
  const holder = fields.reduce<Record<string, unknown>>((at, field) => fieldsOf(at[field]), fieldsOf(object));
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return copy;
}

/** @returns a copy of the objects without one @throws {TypeError} there is no such object */
export function without(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject[] {
  const rest = objects.filter((each) => each.kind !== kind || each.metadata.name !== name);
  if (rest.length === objects.length) throw new TypeError(`no ${kind} is called ${name}`);
  return rest;
}
