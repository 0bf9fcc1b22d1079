import type { AccessLogEntry } from '../target/access-log.ts';
import type { Target } from '../target/target.ts';
import { buildCall } from '../topology/calls.ts';
import { callersOf, calleesOf, operationNamed, principalOf } from '../topology/derive.ts';
import { INGRESS, type Topology } from '../topology/model.ts';
import { entryOf } from './entry-of.ts';
import { collectHops, markLogs } from './hops.ts';
import { type CallOutcome, newRequestContext } from './outcome.ts';
import { sendCall } from './send.ts';

/**
 * What the mesh did with a call: `allowed` in by the callee, `refused` by the callee's sidecar (AuthorizationPolicy),
 * `kept` by the caller's own proxy, which has no way there (Sidecar scope; routes of a gateway), or `unclear`: what was
 * seen fits none of these.
 */
export type CellVerdict = 'allowed' | 'refused' | 'kept' | 'unclear';

/** One identity at one operation. */
export interface Cell {
  /** A service, or the ingress gateway. */
  caller: string;
  /** `service.operation` */
  operation: string;
}

/** What was measured of a {@link Cell}. */
export interface MeasuredCell extends Cell {
  declared: boolean;
  expected: CellVerdict;
  verdict: CellVerdict;
  /** What the caller saw, and where the request was seen to arrive. */
  detail: string;
}

/**
 * As what the callers' own proxies let out: as `deployed`, or `open`, with the resources of `openEgress` laid over, so
 * that what undeclared callers meet is the callee's own refusal.
 */
export type Egress = 'deployed' | 'open';

/** What {@link measureCells} needs. */
export interface MatrixOptions {
  topology: Topology;
  target: Pick<Target, 'workloads' | 'accessLog' | 'entry' | 'ingress'>;
  projectDir: string;
  egress: Egress;
  signal: AbortSignal;
  /** Told of each cell before it is measured. */
  onCell?(cell: Cell): void;
}

/** Every identity at every operation, declared or not: the services in the topology's order, the ingress gateway last. */
export function matrixCells(topology: Topology): Cell[] {
  const callers = [...topology.services.map(({ name }) => name), INGRESS];
  const operations = topology.services.flatMap(({ operations }) => operations.map(({ id }) => id));
  return callers.flatMap((caller) => operations.map((operation) => ({ caller, operation })));
}

/** What the declared topology means for a cell. */
export function expectedVerdict(topology: Topology, cell: Cell, egress: Egress): CellVerdict {
  const { caller, operation } = cell;
  if (callersOf(topology, operation).includes(caller)) return 'allowed';
  if (egress === 'open') return 'refused';
  const { service } = operationNamed(topology, operation);
  // A caller's scope is by service: where it may call one operation, the callee refuses it the others.
  return calleesOf(topology, caller).includes(service) ? 'refused' : 'kept';
}

/** Host name by which the gateway leads to any service while its routes are `open`. */
export function openHost(service: string): string {
  return `${service}.test`;
}

interface Made extends Cell {
  traceId: string;
  outcome: CallOutcome;
}

/** Makes one real call for each cell, and judges by the answer and by what the sidecars logged of it. */
export async function measureCells(
  cells: readonly Cell[],
  options: MatrixOptions,
): Promise<MeasuredCell[]> {
  const { topology, target, egress, signal } = options;
  const marks = await markLogs(target);
  const made: Made[] = [];
  for (const cell of cells) {
    signal.throwIfAborted();
    options.onCell?.(cell);
    made.push(await makeCall(cell, options));
  }
  signal.throwIfAborted();
  const arrivals = createArrivals(topology);
  const traceIds = made.map(({ traceId }) => traceId);
  // Whatever was let in, or refused by the callee, has a line there; what was kept has none to wait for.
  const hops = await collectHops(target, traceIds, marks, (found) =>
    made
      .filter((one) => expectedVerdict(topology, one, egress) !== 'kept' || isRefusal(one.outcome))
      .every((one) => arrivals(found, one).length > 0),
  );
  return made.map((one) => {
    const { caller, operation, outcome, traceId } = one;
    const seen = hops.filter((hop) => hop.traceId === traceId);
    const arrived = arrivals(seen, one);
    const verdict = judgeCell(caller, outcome, arrived, seen);
    const expected = expectedVerdict(topology, one, egress);
    const declared = callersOf(topology, operation).includes(caller);
    const detail = `${outcome.status}${arrived.length > 0 ? ` at ${arrived[0]?.pod}` : ''}${outcome.ok ? '' : `: ${outcome.problem}`}`;
    return { caller, operation, declared, expected, verdict, detail };
  });
}

async function makeCall(cell: Cell, options: MatrixOptions): Promise<Made> {
  const { topology, projectDir, signal } = options;
  const call = buildCall(topology, cell.operation, {});
  // An object that is not there will do: a 404 of the service has been let in, too.
  const path = call.protocol === 'http' ? call.path.replaceAll(/\{\w+\}/g, 'none') : call.path;
  const { traceId, headers } = newRequestContext();
  const authority = authorityOf(cell, call.authority, options);
  const entry = await entryOf(options.target, cell.caller, authority);
  const outcome = await sendCall({ ...call, path }, { projectDir, entry, headers, signal });
  return { ...cell, traceId, outcome };
}

/** By what name a cell's caller calls: the gateway, while it is `open`, leads to each service by a host of its own. */
function authorityOf(cell: Cell, authority: string, options: MatrixOptions): string {
  if (cell.caller !== INGRESS || options.egress === 'deployed') return authority;
  return openHost(operationNamed(options.topology, cell.operation).service);
}

/** The callee's lines of a call that came from the cell's own caller: what a service passes on has another one. */
function createArrivals(topology: Topology) {
  return (hops: AccessLogEntry[], { caller, operation, traceId }: Made): AccessLogEntry[] => {
    const peer = `spiffe://${principalOf(topology, caller)}`;
    const { service } = operationNamed(topology, operation);
    return hops.filter(
      (hop) =>
        hop.traceId === traceId &&
        hop.direction === 'inbound' &&
        hop.workload === service &&
        hop.peer === peer,
    );
  };
}

function isRefusal({ problem }: Pick<CallOutcome, 'problem'>): boolean {
  return problem?.includes('RBAC: access denied') === true;
}

/** HTTP and gRPC statuses of a proxy that has no way to the callee; no answer at all is another one. */
const noWay = new Set([404, 502, 503, 12, 14]);
/** Envoy's flags of a request that did not get to the service: no route, no cluster, no host, no connection. */
const notServed = new Set(['NR', 'NC', 'UH', 'UF', 'UO']);

/**
 * What became of a call, by three witnesses: the caller's answer, the callee's lines of it (`arrived`), and all other
 * lines (`seen`). A line that is missing proves nothing by itself: the answer must fit.
 */
export function judgeCell(
  caller: string,
  outcome: Pick<CallOutcome, 'code' | 'problem' | 'ok'>,
  arrived: readonly AccessLogEntry[],
  seen: readonly AccessLogEntry[],
): CellVerdict {
  if (arrived.length > 0) {
    const denied = arrived.map(({ details }) => details?.startsWith('rbac_access_denied') === true);
    if (denied.every(Boolean)) return isRefusal(outcome) ? 'refused' : 'unclear';
    if (denied.some(Boolean) || isRefusal(outcome)) return 'unclear';
    const last = arrived.at(-1)?.flags.split(',') ?? [];
    return outcome.code === undefined || last.some((flag) => notServed.has(flag))
      ? 'unclear'
      : 'allowed';
  }
  // A gateway sends what it has no route for nowhere, or to the one service that it leads to.
  if (caller === INGRESS) return seen.length > 0 ? 'kept' : 'unclear';
  return outcome.code === undefined || noWay.has(outcome.code) ? 'kept' : 'unclear';
}

/** What came of plaintext from outside the mesh at a service: STRICT closes the connection without a word. */
export interface PlainCell {
  service: string;
  verdict: 'refused' | 'answered' | 'no connection';
  detail: string;
}

/** Sends plaintext to every service from where nothing has an identity. */
export async function measurePlaintext(
  topology: Topology,
  target: Pick<Target, 'plaintext'>,
  signal: AbortSignal,
): Promise<PlainCell[]> {
  const cells: PlainCell[] = [];
  for (const { name, port } of topology.services) {
    signal.throwIfAborted();
    const { connected, answer, problem } = await target.plaintext(`${name}:${port}`);
    const verdict = answer !== '' ? 'answered' : connected ? 'refused' : 'no connection';
    const line = answer.split(/[\r\n]/)[0];
    cells.push({ service: name, verdict, detail: line || problem || 'closed without an answer' });
  }
  return cells;
}
