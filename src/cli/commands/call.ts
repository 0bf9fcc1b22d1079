import { join } from 'node:path';
import { entryOf } from '../../call/entry-of.ts';
import { collectHops, markLogs, renderHops } from '../../call/hops.ts';
import { type CallOutcome, newRequestContext } from '../../call/outcome.ts';
import { sendCall } from '../../call/send.ts';
import { sidecarContainer } from '../../cluster/labels.ts';
import { WindtunnelError } from '../../errors.ts';
import type { AccessLogEntry } from '../../target/access-log.ts';
import { defaultInstance } from '../../mesh/instance/state.ts';
import { buildCall, type Call, callParameters } from '../../topology/calls.ts';
import { callersOf, operationNamed } from '../../topology/derive.ts';
import type { Topology } from '../../topology/model.ts';
import type { Command, CommandInput } from '../command.ts';
import { openTarget, targetName, targetOptions } from './open-target.ts';
import { list, nameOption, text } from './options.ts';

/** `windtunnel call`: one request through the mesh, and what every hop did with it. */
export const callCommand: Command = {
  name: 'call',
  mostPositionals: 1,
  summary: 'make one request through the mesh and show what each hop did',
  usage: 'OPERATION | URL [--from WORKLOAD] [--PARAMETER VALUE …]',
  description: async () => `
Enters the mesh at the sidecar of the caller, as that workload, and prints the answer and every hop:
attempts, Envoy's response flags, duration. Exits 0 when the call succeeded.

  windtunnel call users.get --id 123
  windtunnel call users.get --id 123 --from orders
  windtunnel call inventory.Reserve --sku book --quantity 1
  windtunnel call orders.place --header 'x-fail: 503,200'
  windtunnel call http://users:8080/users/123 --from storefront

The operations of the shop, each with an example for every parameter:
${(await loadTopology()).services
  .flatMap(({ operations }) => operations)
  .map((operation) => {
    const parameters = callParameters(operation).map(({ name }) => `--${name}`);
    return `  ${[operation.id, ...parameters].join(' ')}`;
  })
  .join('\n')}`,
  options: {
    from: {
      type: 'string',
      value: 'WORKLOAD',
      help: "who calls; default: the operation's first declared caller",
    },
    header: {
      type: 'string',
      multiple: true,
      short: 'H',
      value: "'NAME: VALUE'",
      help: 'a header (or gRPC metadata) to send; may be repeated',
    },
    method: { type: 'string', value: 'METHOD', help: 'for a URL: the HTTP method; default GET' },
    data: { type: 'string', value: 'BODY', help: 'for a URL: the body, sent as application/json' },
    ...targetOptions,
    name: nameOption,
    json: { type: 'boolean', help: 'print the outcome and the hops as JSON' },
  },
  takesParameters: true,
  run: async (input) => {
    const [what] = input.positionals;
    if (what === undefined || input.positionals.length > 1) {
      throw new WindtunnelError('usage', 'one OPERATION or URL is needed', {
        next: 'windtunnel call --help lists the operations',
      });
    }
    const { call, caller } = what.includes('://')
      ? urlCall(what, input)
      : declared(await loadTopology(), what, input);
    const target = await openTarget(input);
    try {
      const context = newRequestContext();
      const headers = { ...context.headers, ...headersOf(input) };
      const marks = await markLogs(target);
      const entry = await entryOf(target, caller, call.authority);
      const outcome = await sendCall(call, {
        projectDir: input.projectDir,
        entry,
        headers,
        signal: input.signal,
      });
      // The caller's own line comes last of all: once it is there, so are the others.
      const done = (hop: AccessLogEntry): boolean => hop.direction !== 'inbound';
      const traceId = headers.traceparent?.split('-')[1] ?? context.traceId;
      const hops = await collectHops(target, [traceId], marks, (found) => found.some(done));
      const { namespace } = await loadTopology();
      report(input, { call, caller, namespace, traceId, outcome, hops });
      return outcome.ok ? 0 : 1;
    } finally {
      await target.close();
    }
  },
};

// Loaded when it is needed: a topology that contradicts itself must not break other commands.
async function loadTopology(): Promise<Topology> {
  return (await import('../../../services/topology.ts')).topology;
}

function headersOf(input: CommandInput): Record<string, string> {
  return Object.fromEntries(
    list(input.options, 'header').map((line) => {
      const [, name, value] = /^\s*([^:\s]+)\s*:\s*(.*)$/s.exec(line) ?? [];
      if (name === undefined || value === undefined) {
        throw new WindtunnelError('usage', `--header '${line}' is not NAME: VALUE`, {
          next: "write it like --header 'x-fail: 503,200'",
        });
      }
      return [name.toLowerCase(), value];
    }),
  );
}

function declared(
  topology: Topology,
  id: string,
  input: CommandInput,
): { call: Call; caller: string } {
  const operation = operationNamed(topology, id);
  const call = buildCall(topology, id, input.parameters);
  const missing = call.protocol === 'http' ? /\{(\w+)\}/.exec(call.path)?.[1] : undefined;
  if (missing !== undefined) {
    throw new WindtunnelError('usage', `${id} needs --${missing}`, {
      next: `windtunnel call ${id} --${missing} VALUE`,
    });
  }
  const caller = text(input.options, 'from') ?? callersOf(topology, operation.id)[0];
  if (caller === undefined) {
    throw new WindtunnelError('usage', `no edge of the topology calls ${id}`, {
      next: 'name a caller: --from WORKLOAD',
    });
  }
  return { call, caller };
}

function urlCall(target: string, input: CommandInput): { call: Call; caller: string } {
  const url = URL.canParse(target) ? new URL(target) : undefined;
  const caller = text(input.options, 'from');
  if (url?.protocol !== 'http:' || caller === undefined) {
    throw new WindtunnelError('usage', `cannot call ${target}`, {
      next: 'windtunnel call http://HOST:PORT/PATH --from WORKLOAD (the mesh does TLS)',
    });
  }
  const body = text(input.options, 'data');
  const call: Call = {
    protocol: 'http',
    operation: target,
    authority: `${url.hostname}:${url.port || '80'}`,
    method: (text(input.options, 'method') ?? (body === undefined ? 'GET' : 'POST')).toUpperCase(),
    path: `${url.pathname}${url.search}`,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body,
    expect: { status: 200, lines: 0 },
  };
  return { call, caller };
}

interface Report {
  call: Call;
  caller: string;
  /** Of the services. */
  namespace: string;
  traceId: string;
  outcome: CallOutcome;
  hops: AccessLogEntry[];
}

function report(input: CommandInput, told: Report): void {
  const { call, caller, namespace, traceId, outcome, hops } = told;
  if (input.options.json === true) {
    input.print(
      JSON.stringify({ caller, operation: call.operation, traceId, outcome, hops }, null, 2),
    );
    return;
  }
  input.print(
    `${caller} → ${call.operation}: ${outcome.status} in ${outcome.durationMs.toFixed(1)} ms`,
  );
  for (const answer of outcome.answers) {
    input.print(`  ${typeof answer === 'string' ? answer : JSON.stringify(answer)}`);
  }
  // An answer that tells the problem has been printed.
  if (outcome.problem !== undefined && outcome.answers.length === 0)
    input.print(`  ${outcome.problem}`);
  input.print(`hops of trace ${traceId}:`);
  for (const line of renderHops(hops)) input.print(`  ${line}`);
  if (hops.length > 0) return;
  input.print(
    `  none: the proxy of ${caller} passed no request on, as it does with a call that the caller's`,
  );
  const place = logPlace(input, caller, namespace);
  input.print(`  Sidecar does not let out; what became of the connection is in ${place}`);
}

/** Where to look for what the hops don't tell. */
function logPlace({ options }: CommandInput, caller: string, namespace: string): string {
  if (targetName(options) !== 'local') {
    const [name, at = namespace] = caller.split('.');
    return `kubectl -n ${at} logs deployment/${name} -c ${sidecarContainer}`;
  }
  return join('.windtunnel', text(options, 'name') ?? defaultInstance, 'logs');
}
