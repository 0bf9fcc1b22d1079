import type { Match } from '../rule.ts';
import {
  calleeText,
  isFunction,
  isNode,
  type Node,
  nameOf,
  type SourceFile,
  within,
  withinSameFunction,
} from '../syntax.ts';

const loopTypes = new Set([
  'ForStatement',
  'WhileStatement',
  'DoWhileStatement',
  'ForOfStatement',
  'ForInStatement',
]);

/** The shapes in which code calls again what failed: loops, catch clauses, `.catch` handlers, recursion. */
export function* repeatedCalls(file: SourceFile): Generator<Match> {
  for (const node of within(file.program)) {
    if (loopTypes.has(node.type)) yield* loop(node);
    if (node.type === 'TryStatement') yield* catchClause(file, node);
    if (node.type === 'CallExpression') yield* catchHandler(file, node);
    if (isFunction(node)) yield* recursion(file, node);
  }
}

// A loop over other things than attempts goes on because there is more to do, not because a call failed.
function* loop(node: Node): Generator<Match> {
  const body = node['body'] as Node;
  const each = node.type === 'ForOfStatement' || node.type === 'ForInStatement';
  if (node['await'] === true) return;
  for (const inner of withinSameFunction(body)) {
    if (inner.type !== 'TryStatement') continue;
    const block = inner['block'] as Node;
    const handler = inner['handler'] as { body: Node } | null;
    if (handler === null || !awaits(block) || leaves(handler.body)) continue;
    if (each && !exits(block)) continue;
    yield { node: inner, what: 'loop that goes on after a failed call', name: 'loop' };
    return;
  }
  const results = awaitedNames(body, each ? variablesOf(node['left']) : counterOf(node));
  if (results.size === 0) return;
  const condition = node['test'];
  if (isNode(condition) && mentions(condition, results)) {
    yield { node, what: 'loop until a call succeeds', name: 'loop' };
    return;
  }
  for (const inner of withinSameFunction(body)) {
    if (inner.type !== 'IfStatement') continue;
    const test = inner['test'] as Node;
    if (mentions(test, results) && endsOnSuccess(inner, body)) {
      yield { node: inner, what: 'loop until a call succeeds', name: 'loop' };
      return;
    }
  }
}

function* catchClause(file: SourceFile, node: Node): Generator<Match> {
  const handler = node['handler'];
  if (!isNode(handler)) return;
  const tried = new Set<string>();
  for (const inner of withinSameFunction(node['block'] as Node)) {
    const call = inner.type === 'AwaitExpression' ? (inner['argument'] as Node) : undefined;
    if (call?.type === 'CallExpression') tried.add(calleeText(file, call));
  }
  yield* callsAgain(file, handler, tried);
}

function* catchHandler(file: SourceFile, node: Node): Generator<Match> {
  const callee = node['callee'] as Node;
  const method = nameOf(callee);
  if (callee.type !== 'MemberExpression' || (method !== 'catch' && method !== 'then')) return;
  const receiver = callee['object'] as Node;
  const handler = (node['arguments'] as Node[])[method === 'catch' ? 0 : 1];
  if (receiver.type !== 'CallExpression' || handler === undefined) return;
  yield* callsAgain(file, handler, new Set([calleeText(file, receiver)]));
}

function* callsAgain(file: SourceFile, handler: Node, tried: Set<string>): Generator<Match> {
  for (const inner of within(handler)) {
    if (inner.type !== 'CallExpression') continue;
    const callee = calleeText(file, inner);
    if (tried.has(callee)) {
      yield { node: inner, what: `calls ${callee}() again after it failed`, name: callee };
      return;
    }
  }
}

function* recursion(file: SourceFile, node: Node): Generator<Match> {
  const name = nameOf(node['id']) ?? assignedName(file, node);
  const body = node['body'];
  if (node['async'] !== true || name === undefined || !isNode(body)) return;
  const calls = [...within(body)].filter((inner) => inner.type === 'CallExpression');
  const again = calls.find((call) => calleeText(file, call) === name);
  const others = calls.some((call) => calleeText(file, call) !== name);
  if (again && others && awaits(body)) {
    yield { node: again, what: `async function ${name}() that calls itself`, name };
  }
}

function assignedName(file: SourceFile, node: Node): string | undefined {
  for (const outer of within(file.program)) {
    if (outer.type === 'VariableDeclarator' && outer['init'] === node) return nameOf(outer['id']);
  }
  return undefined;
}

function awaits(node: Node): boolean {
  for (const inner of withinSameFunction(node)) {
    if (inner.type === 'AwaitExpression' || inner['await'] === true) return true;
  }
  return false;
}

function exits(node: Node): boolean {
  for (const inner of withinSameFunction(node)) {
    if (inner.type === 'ReturnStatement' || inner.type === 'BreakStatement') return true;
  }
  return false;
}

// Whether a block always ends the loop: its last statement throws, returns or breaks, and none before goes on.
function leaves(block: Node): boolean {
  const last = (block['body'] as Node[]).at(-1);
  return (
    last !== undefined && /^(Throw|Return|Break)Statement$/.test(last.type) && !continues(block)
  );
}

// Names that get the result of an awaited call which does not depend on the loop's own variables: the same call each time.
function awaitedNames(body: Node, loopVariables: Set<string>): Set<string> {
  const found = new Set<string>();
  for (const inner of withinSameFunction(body)) {
    const declares = inner.type === 'VariableDeclarator';
    if (!declares && inner.type !== 'AssignmentExpression') continue;
    const value = inner[declares ? 'init' : 'right'];
    if (!isNode(value) || value.type !== 'AwaitExpression') continue;
    const call = value['argument'] as Node;
    if (call.type !== 'CallExpression' || mentions(call, loopVariables)) continue;
    for (const name of variablesOf(inner[declares ? 'id' : 'left'])) found.add(name);
  }
  return found;
}

function variablesOf(target: unknown): Set<string> {
  const found = new Set<string>();
  if (!isNode(target)) return found;
  for (const inner of within(target))
    if (inner.type === 'Identifier') found.add(inner['name'] as string);
  return found;
}

function counterOf(node: Node): Set<string> {
  const init = node['init'];
  if (!isNode(init) || init.type !== 'VariableDeclaration') return new Set();
  const names = (init['declarations'] as Node[]).flatMap((each) => [...variablesOf(each['id'])]);
  return new Set(names);
}

function mentions(node: Node, names: Set<string>): boolean {
  for (const inner of within(node)) {
    if (inner.type === 'Identifier' && names.has(inner['name'] as string)) return true;
  }
  return false;
}

// `if (ok) return`, `if (!ok) continue; return`, `if (!ok) … else return`. The opposite, `if (!ok) return`, goes on with
// something else after success.
function endsOnSuccess(statement: Node, body: Node): boolean {
  const consequent = statement['consequent'] as Node;
  if (!isNegative(statement['test'] as Node)) return exits(consequent);
  const alternate = statement['alternate'];
  if (isNode(alternate) && exits(alternate)) return true;
  return continues(consequent) && exits(body);
}

function continues(node: Node): boolean {
  for (const inner of withinSameFunction(node)) if (inner.type === 'ContinueStatement') return true;
  return false;
}

// `!result.ok`, `status >= 500`
function isNegative(test: Node): boolean {
  if (test.type === 'UnaryExpression') return test['operator'] === '!';
  if (test.type !== 'BinaryExpression') return false;
  return ['!==', '!=', '>', '>='].includes(test['operator'] as string);
}
