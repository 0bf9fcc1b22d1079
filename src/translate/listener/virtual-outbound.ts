import type { TranslateContext } from '../context.ts';
import type { EnvoyListener } from '../envoy.ts';
import { fallThroughFilters, tcpTo } from './listener.ts';

const port = 15_001;

/**
 * The listener that redirected traffic enters: connections for which no other listener stands are passed on to where they
 * were dialled, or refused, as the Sidecar says.
 */
export function virtualOutbound(context: TranslateContext): EnvoyListener {
  return {
    name: 'virtualOutbound',
    address: { socketAddress: { address: '0.0.0.0', portValue: port } },
    filterChains: [
      // What dials the listener itself would go round in circles.
      {
        filterChainMatch: { destinationPort: port },
        filters: [tcpTo('BlackHoleCluster')],
        name: 'virtualOutbound-blackhole',
      },
      { filters: fallThroughFilters(context), name: 'virtualOutbound-catchall-tcp' },
    ],
    useOriginalDst: true,
    trafficDirection: 'OUTBOUND',
    maxConnectionsToAcceptPerSocketEvent: 1,
  };
}
