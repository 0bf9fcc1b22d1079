import { parseSync } from 'rolldown/utils';

/** A node of the syntax tree (ESTree with TypeScript), as far as the rules look at one. */
export interface Node {
  type: string;
  start: number;
  end: number;
  [child: string]: unknown;
}

/** A parsed file. */
export interface SourceFile {
  /** As it is shown, relative to the folder that is checked. */
  path: string;
  text: string;
  program: Node;
}

/** Parses JavaScript or TypeScript; a syntax error is returned as its message and place. */
export function parseSource(
  path: string,
  text: string,
): { ok: true; file: SourceFile } | { ok: false; message: string; start: number } {
  const { program, errors } = parseSync(path, text);
  const error = errors[0];
  if (error) return { ok: false, message: error.message, start: error.labels[0]?.start ?? 0 };
  return { ok: true, file: { path, text, program: program as unknown as Node } };
}

/** The line of an offset, from 1. */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (
    let index = text.indexOf('\n');
    index !== -1 && index < offset;
    index = text.indexOf('\n', index + 1)
  ) {
    line++;
  }
  return line;
}

/** Whether a value is a node. */
export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

/** The direct children of a node, in the order of the source. */
function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (const value of Object.values(node)) {
    if (isNode(value)) children.push(value);
    else if (Array.isArray(value)) children.push(...value.filter(isNode));
  }
  return children;
}

/** A node and all below it; `descend` can keep out of some, e.g. of functions. */
export function* within(
  node: Node,
  descend: (node: Node) => boolean = () => true,
): Generator<Node, void, undefined> {
  const pending: Node[] = [node];
  for (let next = pending.pop(); next; next = pending.pop()) {
    yield next;
    if (next === node || descend(next)) pending.push(...childrenOf(next).toReversed());
  }
}

const functionTypes = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
]);

/** Whether a node is a function: what is inside runs at another time than what is around. */
export function isFunction(node: Node): boolean {
  return functionTypes.has(node.type);
}

/** Like {@link within}, without what is inside further functions. */
export function withinSameFunction(node: Node): Generator<Node, void, undefined> {
  return within(node, (below) => !isFunction(below));
}

/** The text of a string or of a template's fixed beginning; undefined for anything else. */
export function textOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Literal' && typeof node['value'] === 'string') return node['value'];
  if (node.type !== 'TemplateLiteral') return undefined;
  const first = (node['quasis'] as Node[])[0];
  return (first?.['value'] as { cooked?: string } | undefined)?.cooked;
}

/** The name of an identifier, of a property that is written out, or of a string that stands for one. */
export function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Identifier' || node.type === 'PrivateIdentifier')
    return node['name'] as string;
  if (node.type === 'MemberExpression') return nameOf(node['property']);
  return textOf(node);
}

/** What a call calls, as written, e.g. `clients.users.get`. */
export function calleeText(file: SourceFile, call: Node): string {
  const callee = call['callee'] as Node;
  return file.text.slice(callee.start, callee.end).replace(/\s+/g, '');
}

/** The modules that a file loads, with the node that says so. */
export function* importsOf(file: SourceFile): Generator<{ module: string; node: Node }> {
  for (const node of within(file.program)) {
    const isRequire = node.type === 'CallExpression' && nameOf(node['callee']) === 'require';
    const source = isRequire ? (node['arguments'] as Node[])[0] : node['source'];
    const module = textOf(source);
    if (module === undefined) continue;
    if (isRequire || node.type.startsWith('Import') || node.type.startsWith('Export')) {
      yield { module, node };
    }
  }
}
