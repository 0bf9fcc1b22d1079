/** One request to the API server. */
export interface RestRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the root of the API server, e.g. `/api/v1/namespaces/shop`. */
  path: string;
  query?: Record<string, string>;
  body?: object;
  /** @default application/json */
  contentType?: string;
}

/** Sends a request and gives its answer as JSON, just as it came. Rejects with an `ApiError`, or with what the network threw. */
export type Rest = (request: RestRequest) => Promise<unknown>;

/** How long the API server may take for an answer. */
export const restTimeoutMs = 30_000;
