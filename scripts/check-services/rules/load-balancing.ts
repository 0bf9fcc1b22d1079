import { importsAmong, type Match, namesAmong, type Rule, wordsOf } from '../rule.ts';
import { isNode, type Node, nameOf, type SourceFile, textOf, within } from '../syntax.ts';

const modules = [
  '@grpc/grpc-js-xds',
  'consul',
  'dns',
  'eureka-js-client',
  'loadbalance',
  'node:dns',
];
const phrases = [
  'round robin',
  'load balancer',
  'load balancing',
  'load balanced',
  'lb policy',
  'balancer',
  'balanced pool',
  'least request',
  'least connections',
  'service discovery',
];
const policies = /round_robin|least_request|ring_hash|loadBalancing(Config|Policy)|retryPolicy/;
const resolvers = /^(dns|xds|ipv4|ipv6|consul):/;
const hostWords = new Set([
  'address',
  'addresses',
  'backends',
  'endpoints',
  'hosts',
  'instances',
  'nodes',
  'peers',
  'replicas',
  'servers',
  'targets',
  'upstreams',
  'urls',
]);
const clientTypes = new Set(['Agent', 'Client', 'Pool', 'createHttpClient', 'createGrpcClient']);

/** Choosing among the replicas of a service. */
export const loadBalancingRule: Rule = {
  name: 'load-balancing',
  instead:
    'a service calls one address; the sidecar chooses the replica (DestinationRule in istio/)',
  *find(file) {
    yield* importsAmong(file, modules);
    yield* namesAmong(file, phrases);
    for (const node of within(file.program)) {
      const match = policy(node) ?? choice(node);
      if (match) yield match;
    }
    yield* clientPerHost(file);
  },
};

function policy(node: Node): Match | undefined {
  const text = textOf(node);
  if (text === undefined) return undefined;
  if (policies.test(text)) return { node, what: `policy '${text}'`, name: text };
  if (resolvers.test(text)) return { node, what: `resolver '${text}'`, name: text };
  return undefined;
}

// hosts[next++ % hosts.length], hosts[Math.floor(Math.random() * hosts.length)]
function choice(node: Node): Match | undefined {
  if (node.type !== 'MemberExpression' || node['computed'] !== true) return undefined;
  const list = nameOf(node['object']);
  if (list === undefined || !wordsOf(list).some((word) => hostWords.has(word))) return undefined;
  for (const inner of within(node['property'] as Node)) {
    const modulo = inner.type === 'BinaryExpression' && inner['operator'] === '%';
    if (modulo || nameOf(inner) === 'random') {
      return { node, what: `choice among '${list}'`, name: list };
    }
  }
  return undefined;
}

// hosts.map((host) => new Pool(host))
function* clientPerHost(file: SourceFile): Generator<Match> {
  for (const node of within(file.program)) {
    const inLoop = node.type === 'ForOfStatement' || isMap(node);
    if (!inLoop) continue;
    for (const inner of within(node)) {
      const made = inner.type === 'NewExpression' || inner.type === 'CallExpression';
      const name = made ? nameOf(inner['callee']) : undefined;
      if (name !== undefined && clientTypes.has(name)) {
        yield { node: inner, what: `a ${name} per host`, name };
        break;
      }
    }
  }
}

function isMap(node: Node): boolean {
  if (node.type !== 'CallExpression') return false;
  const callee = node['callee'];
  return isNode(callee) && callee.type === 'MemberExpression' && nameOf(callee) === 'map';
}
