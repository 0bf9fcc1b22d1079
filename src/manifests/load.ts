import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Document, isNode, isScalar, LineCounter, parseAllDocuments, visit } from 'yaml';
import { WindtunnelError } from '../errors.ts';
import { asRecord, asStringMap, isRecord } from './fields.ts';
import { createProblems, type Problems } from './problems.ts';
import type { Resource, Source } from './world.ts';

/** Kinds that belong to no namespace; every other kind is put into `default` where it names none, as kubectl does. */
const clusterScopedKinds = new Set([
  'APIService',
  'CertificateSigningRequest',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'GatewayClass',
  'IngressClass',
  'MutatingWebhookConfiguration',
  'Namespace',
  'Node',
  'PersistentVolume',
  'PriorityClass',
  'RuntimeClass',
  'StorageClass',
  'ValidatingWebhookConfiguration',
]);

/** Kinds that command-line tools read and no cluster holds; they need no name. */
const readByOtherTools: Record<string, string> = {
  Kustomization: 'give what `kubectl kustomize` makes of it',
  IstioOperator: "mesh-wide settings are not translated, Istio's defaults hold; leave it out",
};

const shownYamlErrors = 3;
const shownYamlLength = 200;
const mendFiles = 'Mend the files named above and run the command again.';

/**
 * Reads Kubernetes and Istio objects from files and folders (`*.yaml` and `*.yml`, sub-folders too, in order of name).
 * Throws `io` for a path that cannot be read, `bad-manifest` with every fault of every file.
 */
export async function loadResources(paths: string[]): Promise<Resource[]> {
  const problems = createProblems();
  const resources: Resource[] = [];
  for (const path of paths) {
    for (const file of await filesOf(path)) {
      resources.push(...parseInto(await readText(file), file, problems));
    }
  }
  problems.throwIfAny('bad-manifest', mendFiles);
  return resources;
}

/** Reads the objects of one YAML (or JSON) text; `file` is for messages. Throws `bad-manifest` with every fault. */
export function parseResources(text: string, file: string): Resource[] {
  const problems = createProblems();
  const resources = parseInto(text, file, problems);
  problems.throwIfAny('bad-manifest', mendFiles);
  return resources;
}

async function filesOf(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = await readdir(path, { recursive: true });
    return names
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(path, name));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(path: string, cause: unknown): WindtunnelError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new WindtunnelError('io', `Cannot read manifests from ${path}: ${reason}`, {
    cause,
    next: 'Check the path and its permissions.',
  });
}

function parseInto(text: string, file: string, problems: Problems): Resource[] {
  if (text.includes('\0')) {
    problems.addText(`${file}: is no text, but a binary file`);
    return [];
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    // The parser compares every key with every other: a minute for an object of 80 000. See repeatedKeys.
    uniqueKeys: false,
    // kubectl reads YAML 1.1 (`yes` is true, `0644` is octal) but knows neither dates nor base-60 numbers.
    version: '1.1',
    customTags: (tags) =>
      tags.filter(
        (tag) =>
          typeof tag === 'string' ||
          (!('format' in tag && tag.format === 'TIME') &&
            tag.tag !== 'tag:yaml.org,2002:timestamp'),
      ),
  });
  const resources: Resource[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    for (const error of document.errors.slice(0, shownYamlErrors)) {
      const { line, col } = lines.linePos(error.pos[0]);
      const what = error.message.slice(0, shownYamlLength);
      problems.addText(`${file}:${line}:${col}: not valid YAML: ${what}`);
    }
    // One slip makes many errors; what follows the first few helps nobody.
    const more = document.errors.length - shownYamlErrors;
    if (more > 0) problems.addText(`${file}: and ${more} more of the kind`);
    if (document.errors.length > 0 || document.contents === null) continue;
    const repeated = repeatedKeys(document);
    for (const { key, offset } of repeated) {
      const { line, col } = lines.linePos(offset);
      problems.addText(`${file}:${line}:${col}: not valid YAML: the key ${key} stands twice`);
    }
    if (repeated.length > 0) continue;
    const start = isNode(document.contents) ? (document.contents.range?.[0] ?? 0) : 0;
    const source = { file, line: lines.linePos(start).line };
    const body: unknown = document.toJS();
    if (body !== null) collect(body, source, problems, resources);
  }
  return resources;
}

/** Keys that an object has already; a merge key (`<<`) may be repeated. */
function repeatedKeys(document: Document): { key: string; offset: number }[] {
  const repeated: { key: string; offset: number }[] = [];
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value) && key.source !== '<<') {
          repeated.push({ key: String(key.value), offset: key.range?.[0] ?? 0 });
        }
        seen.add(key.value);
      }
    },
  });
  return repeated.slice(0, shownYamlErrors);
}

/** Adds an object, or each item of a List kind, to `into`. */
function collect(body: unknown, source: Source, problems: Problems, into: Resource[]): void {
  const place = `${source.file}:${source.line}`;
  if (!isRecord(body)) {
    problems.addText(`${place}: not a Kubernetes object: expected apiVersion, kind and metadata`);
    return;
  }
  if (typeof body.kind !== 'string' || typeof body.apiVersion !== 'string') {
    const missing = typeof body.kind === 'string' ? 'apiVersion' : 'kind';
    problems.addText(`${place}: not a Kubernetes object: ${missing} is missing`);
    return;
  }
  if (body.kind.endsWith('List') && Array.isArray(body.items)) {
    for (const item of body.items) collect(item, source, problems, into);
    return;
  }
  const instead = readByOtherTools[body.kind];
  if (instead !== undefined && asRecord(body.metadata).name === undefined) {
    problems.addText(`${place}: is no object of a cluster, but a ${body.kind}: ${instead}`);
    return;
  }
  const resource = toResource(body, body.apiVersion, body.kind, source, problems);
  if (resource !== undefined) into.push(resource);
}

function toResource(
  body: Record<string, unknown>,
  apiVersion: string,
  kind: string,
  source: Source,
  problems: Problems,
): Resource | undefined {
  const metadata = body.metadata;
  const place = `${source.file}:${source.line}`;
  if (!isRecord(metadata) || typeof metadata.name !== 'string' || metadata.name === '') {
    problems.addText(`${place}: ${kind}: metadata.name is missing`);
    return undefined;
  }
  for (const field of ['labels', 'annotations']) {
    if (
      !checkStringMap(
        metadata[field],
        `${place}: ${kind} ${metadata.name}: metadata.${field}`,
        problems,
      )
    ) {
      return undefined;
    }
  }
  const named = typeof metadata.namespace === 'string' ? metadata.namespace : '';
  return {
    apiVersion,
    kind,
    metadata: {
      name: metadata.name,
      namespace: clusterScopedKinds.has(kind) ? '' : named === '' ? 'default' : named,
      labels: asStringMap(metadata.labels),
      annotations: asStringMap(metadata.annotations),
      ...(typeof metadata.creationTimestamp === 'string' && {
        creationTimestamp: metadata.creationTimestamp,
      }),
    },
    body,
    source,
  };
}

/** Whether the value is absent or an object of strings; `version: 1` is the usual slip, so the message shows the quotes. */
function checkStringMap(value: unknown, where: string, problems: Problems): boolean {
  if (value === undefined || value === null) return true;
  if (!isRecord(value)) {
    problems.addText(`${where} must be an object of strings`);
    return false;
  }
  const wrong = Object.entries(value).filter(([, item]) => typeof item !== 'string');
  for (const [key, item] of wrong) {
    problems.addText(
      `${where}.${key} must be a string, not ${JSON.stringify(item)}: put it in quotes`,
    );
  }
  return wrong.length === 0;
}
