// Experiments that must not compile. `tsc` fails when one does: its @ts-expect-error is then unused.
import { topology } from '../services/topology.ts';
import { experimentsOn } from '../src/experiment/experiments-on.ts';
import { combine } from '../src/experiment/language.ts';

const { edge } = experimentsOn(topology);

edge('storefront->users.get', { id: '123' });
edge('orders->inventory.Reserve');

// @ts-expect-error: no such edge
edge('storefront->user.get');
// @ts-expect-error: declared, but charging twice charges twice
edge('orders->payments.Charge');
// @ts-expect-error: declared and idempotent, but a stream has no single answer
edge('storefront->inventory.WatchStock');
// @ts-expect-error: both services exist, but this one does not call that one
edge('payments->users.get');

const [cell] = combine({ failureProbability: [0.2], retries: [1] });
// @ts-expect-error: no such factor
export const attempts = cell?.attempts;
