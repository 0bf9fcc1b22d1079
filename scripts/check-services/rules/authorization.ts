import { importsAmong, type Match, namesAmong, type Rule } from '../rule.ts';
import { type SourceFile, textOf, within } from '../syntax.ts';

const modules = [
  '@fastify/auth',
  '@fastify/basic-auth',
  '@fastify/bearer-auth',
  '@fastify/jwt',
  'casbin',
  'jose',
  'jsonwebtoken',
  'passport',
];
const phrases = [
  'authorization',
  'authorize',
  'authorized',
  'bearer',
  'jwt',
  'xfcc',
  'spiffe',
  'principal',
  'principals',
  'allowed callers',
  'caller identity',
  'api key',
];

/** Deciding which service may call. */
export const authorizationRule: Rule = {
  name: 'authorization',
  instead:
    'who may call whom is the AuthorizationPolicy in istio/, from the edges of services/topology.ts',
  *find(file) {
    yield* importsAmong(file, modules);
    yield* namesAmong(file, phrases);
    yield* identityHeaders(file);
  },
};

function* identityHeaders(file: SourceFile): Generator<Match> {
  for (const node of within(file.program)) {
    const text = textOf(node);
    if (text === undefined) continue;
    if (/^(x-forwarded-client-cert|authorization|spiffe:\/\/.*)$/i.test(text)) {
      yield { node, what: `'${text}'`, name: text };
    }
  }
}
