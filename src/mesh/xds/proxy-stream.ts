import {
  type DiscoveryType,
  discoveryTypes,
  type EncodedConfig,
  type EncodedResource,
} from './resources.ts';

/** One `DiscoveryRequest`, decoded. */
export interface DiscoveryRequest {
  type: DiscoveryType;
  names: string[];
  nonce: string;
  /** Why the proxy refused the response with this nonce; undefined when it accepted it. */
  error: string | undefined;
}

/** One `DiscoveryResponse`, before it is encoded. */
export interface DiscoveryResponse {
  type: DiscoveryType;
  version: string;
  nonce: string;
  resources: EncodedResource[];
}

/** A response that the proxy refused. */
export interface Rejection {
  type: DiscoveryType;
  /** Envoy's own words. */
  reason: string;
  /** Names of the resources that the refused response changed. */
  names: string[];
}

/** State-of-the-world discovery for one connection of one proxy (xds_protocol.html): pure but for `send`. */
export interface ProxyStream {
  /** Handles a request: acknowledgement, refusal, subscription; answers what is new to the proxy. */
  receive(request: DiscoveryRequest): void;
  /** Sends what of `types` differs from what the proxy was sent. */
  push(types: readonly DiscoveryType[]): void;
  /** Resources of `types` that the proxy has not acknowledged in their present form. */
  outstanding(types: readonly DiscoveryType[]): string[];
}

interface Subscription {
  /** Empty for clusters and listeners, of which a proxy gets all. */
  names: Set<string>;
  nonce: string;
  /** Name → hash, as last sent. */
  sent: Map<string, string>;
  acknowledged: Map<string, string>;
  /** What the unanswered response changed. */
  pending: Map<string, string> | undefined;
}

/** What {@link createProxyStream} needs. */
export interface ProxyStreamOptions {
  /** The configuration the proxy should have, now. */
  config(): EncodedConfig;
  send(response: DiscoveryResponse): void;
  rejected(rejection: Rejection): void;
  /** Called after every acknowledgement. */
  acknowledged(): void;
}

/** Makes a {@link ProxyStream}. */
export function createProxyStream(options: ProxyStreamOptions): ProxyStream {
  const { config, send, rejected, acknowledged } = options;
  const subscriptions = new Map<DiscoveryType, Subscription>();
  let counter = 0;

  const respond = (type: DiscoveryType, subscription: Subscription, always: boolean): void => {
    const now = wanted(type, config()[type], subscription);
    const hashes = new Map([...now].map(([name, { hash }]) => [name, hash]));
    const changed = [...now].filter(([name, { hash }]) => subscription.sent.get(name) !== hash);
    const differs = isWildcard(type) ? !sameEntries(hashes, subscription.sent) : changed.length > 0;
    if (!differs && !always) return;
    counter++;
    subscription.nonce = `${type}-${counter}`;
    subscription.pending = new Map(changed.map(([name, { hash }]) => [name, hash]));
    subscription.sent = isWildcard(type)
      ? hashes
      : new Map([...subscription.sent, ...subscription.pending]);
    const resources = (isWildcard(type) ? [...now] : changed).map(([, resource]) => resource);
    send({ type, version: String(counter), nonce: subscription.nonce, resources });
    // A changed cluster warms until it is sent its endpoints again, even when they are the same.
    if (type !== 'cds') return;
    for (const [name] of changed) subscriptions.get('eds')?.sent.delete(name);
  };

  const settle = (type: DiscoveryType, subscription: Subscription, error?: string): void => {
    const names = [...(subscription.pending?.keys() ?? [])];
    subscription.pending = undefined;
    if (error !== undefined) {
      rejected({ type, reason: error, names });
      return;
    }
    subscription.acknowledged = new Map(subscription.sent);
    acknowledged();
  };

  return {
    receive: ({ type, names, nonce, error }) => {
      const known = subscriptions.get(type);
      const subscription = known ?? newSubscription();
      subscriptions.set(type, subscription);
      // A request that answers an older response is overtaken: another with the newest nonce follows.
      if (known && nonce !== '' && nonce !== subscription.nonce) return;
      const added = rename(subscription, names);
      if (known && nonce !== '' && subscription.pending) settle(type, subscription, error);
      // After a refusal the same is not sent again: it would be refused again, without end.
      if (error === undefined || added.length > 0) {
        respond(type, subscription, !known && isWildcard(type));
      }
    },
    push: (types) => {
      for (const type of discoveryTypes) {
        const subscription = subscriptions.get(type);
        if (subscription && types.includes(type)) respond(type, subscription, false);
      }
    },
    outstanding: (types) =>
      types.flatMap((type) => unacknowledged(type, config()[type], subscriptions.get(type))),
  };
}

/** Types of which a proxy gets all there is, and whose responses always hold everything. */
function isWildcard(type: DiscoveryType): boolean {
  return type === 'cds' || type === 'lds';
}

function sameEntries(a: Map<string, string>, b: Map<string, string>): boolean {
  return a.size === b.size && [...a].every(([name, hash]) => b.get(name) === hash);
}

function newSubscription(): Subscription {
  return {
    names: new Set(),
    nonce: '',
    sent: new Map(),
    acknowledged: new Map(),
    pending: undefined,
  };
}

/** What a proxy wants of a type: all clusters and listeners, of the others what it named. */
function wanted(
  type: DiscoveryType,
  all: Map<string, EncodedResource>,
  { names }: Subscription,
): Map<string, EncodedResource> {
  return isWildcard(type) ? all : new Map([...all].filter(([name]) => names.has(name)));
}

/** Takes in the names of a request; what is named anew, or was let go, counts as not sent. */
function rename(subscription: Subscription, names: string[]): string[] {
  const added = names.filter((name) => !subscription.names.has(name));
  const dropped = [...subscription.names].filter((name) => !names.includes(name));
  subscription.names = new Set(names);
  for (const name of [...added, ...dropped]) subscription.sent.delete(name);
  return added;
}

/** Names of a type's resources that are not acknowledged as they are. */
function unacknowledged(
  type: DiscoveryType,
  all: Map<string, EncodedResource>,
  subscription: Subscription | undefined,
): string[] {
  // Nobody asks for a secret before the first TLS context: then none is owed.
  if (type === 'sds' && !subscription) return [];
  const waiting = subscription?.pending !== undefined;
  const missing = [...all]
    .filter(([name]) => type !== 'sds' || subscription?.names.has(name))
    .filter(([name, { hash }]) => waiting || subscription?.acknowledged.get(name) !== hash)
    .map(([name]) => `${type} ${name}`);
  return waiting && isWildcard(type) && missing.length === 0 ? [`${type} (removals)`] : missing;
}
