import { importsAmong, type Match, namesAmong, type Rule } from '../rule.ts';
import { type SourceFile, textOf, within } from '../syntax.ts';

const modules = [
  '@peculiar/x509',
  'https',
  'node-forge',
  'node:https',
  'node:tls',
  'selfsigned',
  'spdy',
  'tls',
];
const phrases = [
  'tls',
  'mtls',
  'ssl',
  'x509',
  'cert',
  'certs',
  'certificate',
  'certificates',
  'https',
  'secure server',
  'secure context',
  'reject unauthorized',
  'check server identity',
];

/** Encryption and identity of connections. */
export const tlsRule: Rule = {
  name: 'tls',
  instead: 'connections are plain to the sidecar, which encrypts (PeerAuthentication in istio/)',
  *find(file) {
    yield* importsAmong(file, modules);
    yield* namesAmong(file, phrases);
    yield* encryptedAddresses(file);
  },
};

function* encryptedAddresses(file: SourceFile): Generator<Match> {
  for (const node of within(file.program)) {
    const text = textOf(node);
    const scheme = text === undefined ? null : /^(https|grpcs|wss):\/\//.exec(text);
    if (scheme) yield { node, what: `address '${text}'`, name: scheme[1] as string };
  }
}
