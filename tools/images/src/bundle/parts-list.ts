import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import type { Metafile } from 'esbuild';
import { nameAt, placeOf, placeOfFile, type LockedPackage, type LockFile } from './lock-file.ts';

export interface PartsInput {
  readonly app: string;
  readonly lock: LockFile;
  /** What esbuild says went into the bundle. */
  readonly metafile: Metafile;
  /** Places of the packages that the image installs beside the bundle. */
  readonly outside: readonly string[];
  /** 64 hex digits: the same inputs have the same serial number. */
  readonly digest: string;
}

/** Places of which at least one byte is in the bundle. */
function bundledPlaces(metafile: Metafile, lock: LockFile): string[] {
  const files = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([file]) => file),
  );
  return [...new Set(files.filter((file) => !file.includes(':')).map((file) => placeOfFile(lock, file)))];
}

/** A URN by RFC 4122 from a digest: a list of parts that is made twice is the same to the byte. */
const serialNumberOf = (digest: string): string => {
  const hex = `${digest.slice(0, 12)}5${digest.slice(13, 16)}8${digest.slice(17, 32)}`;
  return `urn:uuid:${hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')}`;
};

const purlOf = (name: string, version: string): string =>
  `pkg:npm/${name.replace(/^@([^/]+)\//, '%40$1/')}@${encodeURIComponent(version)}`;

/** `(MIT OR Apache-2.0)` is an expression; everything else that npm lets people write is a name unless SPDX knows it. */
function licenseOf(text: string): Models.LicenseExpression | Models.NamedLicense {
  return /^[\w.()+ -]+$/.test(text) && text !== 'UNLICENSED' && !/^see /i.test(text)
    ? new Models.LicenseExpression(text)
    : new Models.NamedLicense(text);
}

function componentOf(lock: LockFile, place: string): Models.Component {
  const { version = '0.0.0', integrity = '', license } = lock.packages[place] as LockedPackage;
  const fullName = nameAt(lock, place);
  const [group, name] = fullName.startsWith('@') ? fullName.split('/') : [undefined, fullName];
  const component = new Models.Component(Enums.ComponentType.Library, name, {
    bomRef: `${fullName}@${version}|${place}`,
    version,
    scope: lock.packages[place]?.optional ? Enums.ComponentScope.Optional : Enums.ComponentScope.Required,
    ...(group === undefined ? {} : { group }),
  });
  component.purl = purlOf(fullName, version);
  if (license !== undefined) component.licenses.add(licenseOf(license));
  const [algorithm, digest] = integrity.split('-', 2);
  if (algorithm === 'sha512' && digest !== undefined)
    component.hashes.set(Enums.HashAlgorithm['SHA-512'], Buffer.from(digest, 'base64').toString('hex'));
  return component;
}

/** Who needs whom, among those that are there. */
function connect(lock: LockFile, components: ReadonlyMap<string, Models.Component>): void {
  for (const [place, component] of components) {
    const { dependencies = {}, optionalDependencies = {} } = lock.packages[place] as LockedPackage;
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const needed = components.get(placeOf(lock, name, place) ?? '');
      if (needed && needed !== component) component.dependencies.add(needed.bomRef);
    }
  }
}

/**
 * The list of parts of an image's app: everything whose code is in the bundle, and everything that is installed beside
 * it, with version, licence, checksum and who needs whom. The base image has a list of its own.
 *
 * @returns CycloneDX 1.6 as JSON, the same bytes for the same inputs
 */
export function partsOf({ app, lock, metafile, outside, digest }: PartsInput): string {
  const inside = bundledPlaces(metafile, lock);
  const own = `apps/${app}` in lock.packages ? `apps/${app}` : `tools/${app}`;
  const places = [...new Set([...inside, ...outside])].filter((place) => place !== own).sort();
  const components = new Map(places.map((place) => [place, componentOf(lock, place)]));
  const root = componentOf(lock, own);
  root.type = Enums.ComponentType.Application;
  connect(lock, new Map([[own, root], ...components]));
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: root }) });
  bom.serialNumber = serialNumberOf(digest);
  for (const component of components.values()) bom.components.add(component);
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return serializer.serialize(bom, { sortLists: true, space: 2 });
}
