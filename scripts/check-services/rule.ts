import { importsOf, isNode, type Node, nameOf, type SourceFile, textOf, within } from './syntax.ts';

/** Something in a service that is not its business. */
export interface Match {
  node: Node;
  /** What was found, e.g. `loop that repeats a failed call`. */
  what: string;
  /** The name or call that gave it away, which an entry of `allowed.ts` must give, too. */
  name: string;
}

/** One kind of code that services must not hold. */
export interface Rule {
  name: string;
  /** Where it belongs instead. */
  instead: string;
  find(file: SourceFile): Iterable<Match>;
}

/** The words of a name, in lower case: `maxRetries`, `MAX_RETRIES` and `max-retries` are all max, retries. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
}

/** Imports of `modules`, or of a path inside one. */
export function* importsAmong(file: SourceFile, modules: readonly string[]): Generator<Match> {
  for (const { module, node } of importsOf(file)) {
    const found = modules.some((name) => module === name || module.startsWith(`${name}/`));
    if (found) yield { node, what: `imports '${module}'`, name: module };
  }
}

/** Names whose words hold one of `phrases` (words with a space between). */
export function* namesAmong(file: SourceFile, phrases: readonly string[]): Generator<Match> {
  for (const { name, node } of namesOf(file)) {
    const words = ` ${wordsOf(name).join(' ')} `;
    if (phrases.some((phrase) => words.includes(` ${phrase} `))) {
      yield { node, what: `name '${name}'`, name };
    }
  }
}

/** Every name a file uses: identifiers, and strings that name a property. */
function* namesOf(file: SourceFile): Generator<{ name: string; node: Node }> {
  for (const node of within(file.program)) {
    if (node.type === 'Identifier' || node.type === 'PrivateIdentifier') {
      yield { name: node['name'] as string, node };
    }
    const isKey = node.type === 'Property' || node.type === 'PropertyDefinition';
    const isMember = node.type === 'MemberExpression' && node['computed'] === true;
    const key = isKey ? node['key'] : isMember ? node['property'] : undefined;
    const name = textOf(key);
    if (name !== undefined) yield { name, node: key as Node };
  }
}

/** Keys of properties that switch something off: `retries: 0` is how a library is kept from retrying. */
export function switchedOff(file: SourceFile): Set<Node> {
  const keys = new Set<Node>();
  for (const node of within(file.program)) {
    if (node.type === 'Property' && isOff(node['value'])) keys.add(node['key'] as Node);
  }
  return keys;
}

/** Whether a value switches something off. */
export function isOff(value: unknown): boolean {
  return (
    isNode(value) && value.type === 'Literal' && (value['value'] === 0 || value['value'] === false)
  );
}

/** Calls and constructions of one of `callees`, by the last part of what is called. */
export function* callsAmong(file: SourceFile, callees: readonly string[]): Generator<Match> {
  for (const node of within(file.program)) {
    if (node.type !== 'CallExpression' && node.type !== 'NewExpression') continue;
    const name = nameOf(node['callee']);
    if (name !== undefined && callees.includes(name)) yield { node, what: `${name}()`, name };
  }
}
