import {
  callsAmong,
  importsAmong,
  isOff,
  type Match,
  namesAmong,
  type Rule,
  wordsOf,
} from '../rule.ts';
import { isFunction, isNode, type Node, nameOf, type SourceFile, within } from '../syntax.ts';

const modules = ['cockatiel', 'p-timeout', 'promise-timeout', 'promise.race-timeout'];
// Options by which clients limit a call; servers' keepAliveTimeout and the like are another matter.
const options = new Set([
  'timeout',
  'timeoutMs',
  'timeoutMillis',
  'requestTimeout',
  'responseTimeout',
  'connectTimeout',
  'connectionTimeout',
  'headersTimeout',
  'bodyTimeout',
  'callTimeout',
  'socketTimeout',
  'deadline',
  'deadlineMs',
]);
const declaredWords = new Set(['timeout', 'timeouts', 'deadline', 'deadlines']);
const endings = new Set(['abort', 'cancel', 'destroy', 'reject']);

/** Giving up on a call after a time. */
export const timeoutRule: Rule = {
  name: 'timeout',
  instead: 'deadlines of an edge are declared in services/topology.ts and kept by the mesh',
  *find(file) {
    yield* importsAmong(file, modules);
    yield* namesAmong(file, ['grpc timeout']);
    yield* callsAmong(file, ['setDeadline', 'withDeadline', 'withTimeout', 'pTimeout']);
    for (const node of within(file.program)) {
      const match = member(node) ?? option(node) ?? declaration(node) ?? timer(node);
      if (match) yield match;
    }
    yield* races(file);
  },
};

// AbortSignal.timeout(…), request.setTimeout(…)
function member(node: Node): Match | undefined {
  if (node.type !== 'CallExpression') return undefined;
  const callee = node['callee'] as Node;
  if (callee.type !== 'MemberExpression') return undefined;
  const name = nameOf(callee);
  if (name === 'timeout' || name === 'setTimeout') return { node, what: `.${name}()`, name };
  return undefined;
}

function option(node: Node): Match | undefined {
  if (node.type !== 'Property' || isOff(node['value'])) return undefined;
  const name = nameOf(node['key']);
  if (name === undefined || node['computed'] === true || !options.has(name)) return undefined;
  return { node, what: `option '${name}'`, name };
}

function declaration(node: Node): Match | undefined {
  const declares = node.type === 'VariableDeclarator' || node.type === 'FunctionDeclaration';
  const name = declares ? nameOf(node['id']) : undefined;
  if (name === undefined || !wordsOf(name).some((word) => declaredWords.has(word)))
    return undefined;
  return { node, what: `'${name}'`, name };
}

// setTimeout(() => controller.abort(), …)
function timer(node: Node): Match | undefined {
  if (node.type !== 'CallExpression' || nameOf(node['callee']) !== 'setTimeout') return undefined;
  const callback = (node['arguments'] as Node[])[0];
  if (callback === undefined) return undefined;
  const direct = nameOf(callback);
  const ends = (name: string | undefined): boolean => name !== undefined && endings.has(name);
  const inside =
    isFunction(callback) &&
    [...within(callback)].some(
      (inner) => inner.type === 'CallExpression' && ends(nameOf(inner['callee'])),
    );
  if (!inside && !ends(direct)) return undefined;
  return { node, what: 'timer that ends a call', name: 'setTimeout' };
}

// Whatever is raced against a call gives up on it; `any` sends it twice.
function* races(file: SourceFile): Generator<Match> {
  for (const node of within(file.program)) {
    if (node.type !== 'CallExpression') continue;
    const callee = node['callee'] as Node;
    if (callee.type !== 'MemberExpression' || !isNode(callee['object'])) continue;
    const method = nameOf(callee);
    if (nameOf(callee['object']) !== 'Promise' || (method !== 'race' && method !== 'any')) continue;
    yield { node, what: `Promise.${method}()`, name: `Promise.${method}` };
  }
}
