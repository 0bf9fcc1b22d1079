/** One of the places where a request enters or leaves a service. */
export type Edge = 'http-server' | 'http-client' | 'grpc-server' | 'grpc-client';

/** A request at one of the kit's edges, as its span and its metrics name it. */
export interface ObservedCall {
  edge: Edge;
  /** `GET`, or the full name of a gRPC method, e.g. `shop.payments.v1.Payments/Charge`. */
  method: string;
  /** Of an HTTP server: the route, e.g. `/users/:id`; undefined when none matches. */
  route?: string | undefined;
  /** Of HTTP: the path with its query. */
  path?: string;
  /** Of a client: the address it calls, `host:port`. */
  address?: string;
}

/** The headers that carry a trace; names in lower case. */
export interface TraceCarrier {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  names(): string[];
}

/** How a request went. */
export interface CallOutcome {
  /** The HTTP status, or the name of the gRPC status; undefined when there was no answer. */
  status: number | string | undefined;
  /** What kept the answer from coming, e.g. `ECONNREFUSED`. */
  error?: string;
}

/** One request under way. */
export interface Observation {
  /** Ends the span and counts the request; a second call does nothing. */
  end(outcome: CallOutcome): void;
}

/** Makes spans and metrics of the requests at the kit's edges. */
export interface Telemetry {
  /**
   * Begins the observation of one request. The span's parent is what `carrier` says; the span takes its place there, so that
   * what is handed on from the carrier (`contextOfRequest`) makes later spans the children of this one.
   */
  begin(call: ObservedCall, carrier: TraceCarrier): Observation;
}

// One for the process, like the streams it logs to: services build their servers and clients from addresses alone.
let current: Telemetry | undefined;

/** Makes the servers and clients that are built from now on tell `telemetry` of their requests. */
export function useTelemetry(telemetry: Telemetry | undefined): void {
  current = telemetry;
}

/** What to tell of requests; undefined unless the process was asked for telemetry, and then edges add nothing at all. */
export function currentTelemetry(): Telemetry | undefined {
  return current;
}

/** A carrier of plain headers. */
export function headersCarrier(
  headers: Record<string, string | string[] | undefined>,
): TraceCarrier {
  return {
    get: (name) => {
      const value = headers[name];
      return typeof value === 'string' ? value : value?.[0];
    },
    set: (name, value) => {
      headers[name] = value;
    },
    names: () => Object.keys(headers),
  };
}
