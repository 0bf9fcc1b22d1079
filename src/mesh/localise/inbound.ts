import type { JsonObject } from '../../json.ts';
import { portKeys } from '../pods.ts';
import { connectionLog } from './access-log-format.ts';
import { rebuildChain } from './http-manager.ts';
import type { LocaliseInput } from './input.ts';
import { loopback, object, objects, text, without } from './json.ts';
import { withLocalPort } from './local-port.ts';

/** The listeners of one pod's ports, with what they refer to. */
export interface LocalInbound {
  listeners: JsonObject[];
  routes: JsonObject[];
  /** `core.v3.TypedExtensionConfig` of the authorization filters. */
  extensions: JsonObject[];
}

const rbacType = 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC';
const rbacFilter = 'envoy.filters.http.rbac';
const jwtType = 'type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication';
const jwtFilter = 'envoy.filters.http.jwt_authn';

/**
 * A slot for the tokens and one for each action that Istio puts into a filter of its own, in its order. The slots are always
 * there: a policy that is added later must reach connections that are open already, and those keep the filters they began with.
 */
const actions = ['LOG', 'DENY', 'ALLOW'] as const;

interface Slots {
  filters: JsonObject[];
  extensions: JsonObject[];
}

// Without a policy the slots stand where Istio would put one: before the filters that it always has.
const alwaysThere = /^envoy\.filters\.http\.(grpc_stats|fault|cors|router)$/;

/** One listener for each port of the pod that a Service leads to; items 8 and 9 of normalise.ts. */
export function inboundListeners(input: LocaliseInput): LocalInbound {
  const virtual = input.config.listeners.find(({ name }) => name === 'virtualInbound');
  if (!virtual) return { listeners: [], routes: [], extensions: [] };
  const parts = input.pod.inboundPorts.map((port) => toListener(input, virtual, port));
  return {
    listeners: parts.flatMap(({ listeners }) => listeners),
    routes: parts.flatMap(({ routes }) => routes),
    extensions: parts.flatMap(({ extensions }) => extensions),
  };
}

function actionOf(filter: JsonObject): (typeof actions)[number] {
  const { rules } = object(filter.typedConfig);
  const action = text(object(rules).action);
  return actions.find((candidate) => candidate === action) ?? 'ALLOW';
}

function discovered({ name, typedConfig }: JsonObject): JsonObject {
  return {
    name: text(name),
    configDiscovery: {
      configSource: { ads: {}, resourceApiVersion: 'V3' },
      typeUrls: [text(object(typedConfig)['@type'])],
    },
  };
}

/** An extension for each slot: what the filters say, else what lets everything pass. */
function extensionsOf(filters: JsonObject[], scope: string): JsonObject[] {
  const token = filters.find(({ name }) => name === jwtFilter);
  const authorization = filters.filter(({ name }) => text(name).startsWith(rbacFilter));
  return [
    { name: `jwt|${scope}`, typedConfig: token?.typedConfig ?? { '@type': jwtType } },
    ...actions.flatMap((action) => {
      const own = authorization.filter((filter) => actionOf(filter) === action);
      // An RBAC filter without rules lets everything pass.
      const configs =
        own.length > 0
          ? own.map(({ typedConfig }) => object(typedConfig))
          : [{ '@type': rbacType }];
      return configs.map((typedConfig, index) => ({
        name: `authz-${action.toLowerCase()}${index === 0 ? '' : `-${index}`}|${scope}`,
        typedConfig,
      }));
    }),
  ];
}

/** Takes the filters of tokens and authorization out of a chain into slots, placed where the first of them was. */
function intoSlots(filters: JsonObject[], scope: string): Slots {
  const isSlotted = ({ name }: JsonObject): boolean =>
    name === jwtFilter || text(name).startsWith(rbacFilter);
  const rest = filters.filter((filter) => !isSlotted(filter));
  const extensions = extensionsOf(filters, scope);
  const first = filters.findIndex(isSlotted);
  const at = first >= 0 ? first : beforeFault(rest);
  const references = extensions.map(discovered);
  return { filters: [...rest.slice(0, at), ...references, ...rest.slice(at)], extensions };
}

function beforeFault(filters: JsonObject[]): number {
  const index = filters.findIndex(({ name }) => alwaysThere.test(text(name)));
  return index < 0 ? filters.length : index;
}

/** Whether a listener filter is switched off for a destination port (`ListenerFilterChainMatchPredicate`). */
function isDisabled(predicate: JsonObject, port: number): boolean {
  if (predicate.anyMatch === true) return true;
  const range = object(predicate.destinationPortRange);
  if (typeof range.end === 'number') return port >= Number(range.start ?? 0) && port < range.end;
  if (predicate.orMatch !== undefined) {
    return objects(object(predicate.orMatch).rules).some((rule) => isDisabled(rule, port));
  }
  if (predicate.andMatch !== undefined) {
    return objects(object(predicate.andMatch).rules).every((rule) => isDisabled(rule, port));
  }
  return predicate.notMatch !== undefined && !isDisabled(object(predicate.notMatch), port);
}

function listenerFilters(virtual: JsonObject, port: number): JsonObject[] {
  return objects(virtual.listenerFilters)
    .filter(({ name }) => name !== 'envoy.filters.listener.original_dst')
    .filter(({ filterDisabled }) => !isDisabled(object(filterDisabled), port))
    .map((filter) => without(filter, 'filterDisabled'));
}

function toListener(input: LocaliseInput, virtual: JsonObject, port: number): LocalInbound {
  const routes: JsonObject[] = [];
  const extensions: JsonObject[] = [];
  const localPort = input.port(portKeys.inbound(input.pod.id, port));
  const ported = (filter: JsonObject): JsonObject => withLocalPort(filter, port, localPort);
  const chains = objects(virtual.filterChains)
    .filter((chain) => object(chain.filterChainMatch).destinationPort === port)
    .map((chain, index) => {
      const match = without(object(chain.filterChainMatch), 'destinationPort');
      const network = { ...chain, filters: objects(chain.filters).map(ported) };
      const rebuilt = rebuildChain(network, {
        log: input.log,
        direction: 'inbound',
        http: (manager) => {
          const scope = `${port}|${index}`;
          const slots = intoSlots(objects(manager.httpFilters).map(ported), scope);
          extensions.push(...slots.extensions);
          const routeConfig = object(manager.routeConfig);
          const name = `${text(routeConfig.name) || 'inbound'}|${scope}`;
          routes.push({ ...routeConfig, name });
          return {
            ...without(manager, 'routeConfig'),
            httpFilters: slots.filters,
            rds: { configSource: { ads: {}, resourceApiVersion: 'V3' }, routeConfigName: name },
          };
        },
      });
      return Object.keys(match).length === 0
        ? without(rebuilt, 'filterChainMatch')
        : { ...rebuilt, filterChainMatch: match };
    });
  if (chains.length === 0) return { listeners: [], routes, extensions };
  const name = `inbound|${port}`;
  const listener: JsonObject = {
    name,
    address: loopback(localPort),
    filterChains: chains,
    listenerFilters: listenerFilters(virtual, port),
    listenerFiltersTimeout: virtual.listenerFiltersTimeout ?? '0s',
    continueOnListenerFiltersTimeout: virtual.continueOnListenerFiltersTimeout ?? true,
    trafficDirection: 'INBOUND',
    accessLog: connectionLog(input.log, name),
  };
  return { listeners: [listener], routes, extensions };
}
