import yaml from 'yaml';
import { DeployError } from '../deploy-error.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';

/**
 * @param text  documents of YAML, as `kubectl kustomize` prints them
 * @throws {DeployError} POLICY_BROKEN: it is no YAML, or a document is no object of Kubernetes
 */
export function objectsIn(text: string): KubernetesObject[] {
  const documents = yaml.parseAllDocuments(text);
  const errors = documents.flatMap((document) => document.errors.map(({ message }) => message));
  if (errors.length > 0) throw new DeployError('POLICY_BROKEN', `no YAML: ${errors.join('; ')}`);
  const objects = documents
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((each) => each !== null);
  const odd = objects.find(({ kind, metadata }) => typeof kind !== 'string' || typeof metadata?.name !== 'string');
  if (odd !== undefined) throw new DeployError('POLICY_BROKEN', 'a document has no kind or no name');
  return objects;
}

/** Fields of fields, looked up by path. @returns what stands at `a.b.0.c`; undefined where nothing does */
export function at(object: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>> | null | undefined)?.[name], object);
}

/** @returns a list that stands at a path; empty where there is none */
export function listAt(object: unknown, path: string): unknown[] {
  const value = at(object, path);
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** @returns the objects of a kind */
export const ofKind = (objects: readonly KubernetesObject[], kind: string): KubernetesObject[] =>
  objects.filter((object) => object.kind === kind);

/** @returns the object of a kind that has a name */
export const named = (objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject | undefined =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);

/** @returns how a value is shown in a sentence */
export const shown = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));
