import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A span as a collector gets it, with what tests look at. */
export interface ReceivedSpan {
  service: string;
  name: string;
  /** 2 is a server's, 3 a client's (opentelemetry/proto/trace/v1). */
  kind: number;
  traceId: string;
  spanId: string;
  /** '' of a root. */
  parentSpanId: string;
  attributes: Record<string, unknown>;
  resource: Record<string, unknown>;
  failed: boolean;
}

/** A collector that keeps what it gets by OTLP over HTTP with JSON (OTEL_EXPORTER_OTLP_PROTOCOL=http/json). */
export interface OtlpReceiver {
  /** `http://127.0.0.1:PORT`, for OTEL_EXPORTER_OTLP_ENDPOINT. */
  endpoint: string;
  spans: ReceivedSpan[];
  /** The spans of a trace, once there are `count` of them; those that have come after 10 s. */
  trace(traceId: string, count: number): Promise<ReceivedSpan[]>;
  close(): void;
}

interface KeyValue {
  key: string;
  value: Record<string, unknown>;
}

interface OtlpTraces {
  resourceSpans: {
    resource: { attributes: KeyValue[] };
    scopeSpans: {
      spans: {
        name: string;
        kind: number;
        traceId: string;
        spanId: string;
        parentSpanId?: string;
        attributes?: KeyValue[];
        status?: { code?: number };
      }[];
    }[];
  }[];
}

/** Starts an {@link OtlpReceiver} on a free port of 127.0.0.1. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      if (request.url === '/v1/traces') spans.push(...readSpans(JSON.parse(String(text))));
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    async trace(traceId, count) {
      const ofTrace = () => spans.filter((span) => span.traceId === traceId);
      for (let turn = 0; turn < 200 && ofTrace().length < count; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return ofTrace();
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function readSpans({ resourceSpans }: OtlpTraces): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const ofResource = readAttributes(resource.attributes);
    return scopeSpans.flatMap((scope) =>
      scope.spans.map(({ name, kind, traceId, spanId, parentSpanId, attributes, status }) => ({
        service: String(ofResource['service.name']),
        name,
        kind,
        traceId,
        spanId,
        parentSpanId: parentSpanId ?? '',
        attributes: readAttributes(attributes ?? []),
        resource: ofResource,
        failed: status?.code === 2,
      })),
    );
  });
}

function readAttributes(attributes: KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
