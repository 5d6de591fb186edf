import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { NODE } from '../support/process/node';
import { ROOT } from '../support/process/program';

const FOLDER = join(ROOT, 'deploy/kubernetes');

interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; namespace?: string };
}

/** The parts of kustomize that the overlays use. */
interface Kustomization {
  readonly resources: readonly string[];
  readonly namespace?: string;
  readonly images?: readonly { name: string; newName: string; newTag: string }[];
  readonly patches?: readonly { target: { kind: string; name: string }; patch: string }[];
}

const KNOWN = ['apiVersion', 'kind', 'resources', 'namespace', 'images', 'patches'];

/** What `kubectl kustomize` makes of a folder. */
function render(folder: string): KubernetesObject[] {
  const file = readFileSync(join(folder, 'kustomization.yaml'), 'utf8');
  const kustomization = parse(file) as Kustomization;
  expect(KNOWN).toEqual(expect.arrayContaining(Object.keys(kustomization)));
  const objects = kustomization.resources.flatMap((name) =>
    name.endsWith('.yaml') ? read(join(folder, name)) : render(resolve(folder, name)),
  );
  for (const { target, patch } of kustomization.patches ?? []) {
    const found = objects.find(({ kind, metadata }) => kind === target.kind && metadata.name === target.name);
    for (const { op, path, value } of parse(patch) as Replacement[]) {
      expect(op).toBe('replace');
      replace(found, path.split('/').slice(1), value);
    }
  }
  for (const object of objects)
    if (kustomization.namespace) object.metadata.namespace = kustomization.namespace;
  const text = (kustomization.images ?? []).reduce(
    (all, { name, newName, newTag }) =>
      all.replaceAll(new RegExp(`"image":"${name}:[^"]+"`, 'g'), `"image":"${newName}:${newTag}"`),
    JSON.stringify(objects),
  );
  return JSON.parse(text) as KubernetesObject[];
}

interface Replacement {
  readonly op: string;
  readonly path: string;
  readonly value: unknown;
}

function replace(object: unknown, [name = '', ...rest]: string[], value: unknown): void {
  expect(object).toHaveProperty([name]);
  const members = object as Record<string, unknown>;
  if (rest.length === 0) members[name] = value;
  else replace(members[name], rest, value);
}

function read(file: string): KubernetesObject[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as KubernetesObject);
}

function faultsOf(objects: readonly unknown[]): string[] {
  const program = join(__dirname, 'kubernetes-validate.mjs');
  const output = execFileSync(NODE, [program], { input: JSON.stringify(objects), encoding: 'utf8' });
  return JSON.parse(output) as string[];
}

/** Members that no schema has: TypeScript finds them in literals of the types that are made of the schemas. */
function unknownMembers(objects: readonly KubernetesObject[]): string {
  const folder = mkdtempSync(join(__dirname, 'kubernetes-types-'));
  try {
    const lines = objects.map((object, at) => {
      const module = object.apiVersion === 'v1' ? 'v1' : object.apiVersion;
      return (
        `import type { I${object.kind} as T${at} } from 'kubernetes-models/${module}';\n` +
        `export const o${at}: T${at} = ${JSON.stringify(object)};\n`
      );
    });
    const file = join(folder, 'objects.ts');
    writeFileSync(file, lines.join(''));
    const options = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--target',
      'es2022',
    ];
    execFileSync(
      NODE,
      [join(ROOT, 'node_modules/typescript/bin/tsc'), ...options, relative(__dirname, file)],
      {
        cwd: __dirname,
        encoding: 'utf8',
        stdio: 'pipe',
      },
    );
    return '';
  } catch (error) {
    return (error as { stdout?: string }).stdout ?? String(error);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('deploy/kubernetes, by the schemas of Kubernetes', () => {
  const base = render(join(FOLDER, 'base'));

  it.each(['base', 'overlays/production', 'overlays/staging'])('%s is valid', (name) => {
    const objects = render(join(FOLDER, name));
    expect(objects.map(({ kind }) => kind).sort()).toEqual([
      ...['Deployment', 'HorizontalPodAutoscaler', 'Job', 'NetworkPolicy', 'NetworkPolicy'],
      ...['PodDisruptionBudget', 'Service'],
    ]);
    expect(faultsOf(objects)).toEqual([]);
    if (name !== 'base') expect(JSON.stringify(objects)).not.toContain('"image":"promptstack-auth');
  });

  it('has no member that the schemas do not know, in the secrets either', () => {
    const objects = [...base, ...read(join(FOLDER, 'secrets.example.yaml'))];
    expect(unknownMembers(objects)).toBe('');
  });

  it('would not be valid with a wrong type or an unknown member: the check looks', () => {
    const text = JSON.stringify(base);
    const wrong = JSON.parse(
      text.replace('"containerPort":8001', '"containerPort":"8001"'),
    ) as KubernetesObject[];
    expect(faultsOf(wrong)).toEqual([expect.stringContaining('containerPort')]);
    const unknown = text.replace('"livenessProbe"', '"livenesProbe"');
    expect(unknownMembers(JSON.parse(unknown) as KubernetesObject[])).toContain('livenesProbe');
  });
});
