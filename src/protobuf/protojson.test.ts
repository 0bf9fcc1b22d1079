import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { createProtoJson } from './protojson.ts';
import { createSchema } from './schema.ts';

const proto = createProtoJson(createSchema());
const cluster = 'envoy.config.cluster.v3.Cluster';

describe('protojson', () => {
  it('keeps what it encodes: durations, wrappers, enums, structs, in both kinds of keys', () => {
    const bytes = proto.encode(cluster, {
      name: 'users',
      connect_timeout: '1.5s',
      lbPolicy: 'LEAST_REQUEST',
      perConnectionBufferLimitBytes: 4294967295,
      commonLbConfig: { healthyPanicThreshold: { value: 12.5 } },
      metadata: { filterMetadata: { istio: { list: ['a', 1, true, null, { deep: 'x' }] } } },
    });
    const back = proto.decode(cluster, bytes);
    expect(back).toMatchObject({
      name: 'users',
      connect_timeout: { seconds: '1', nanos: 500_000_000 },
      lb_policy: 'LEAST_REQUEST',
      per_connection_buffer_limit_bytes: { value: 4294967295 },
      common_lb_config: { healthy_panic_threshold: { value: 12.5 } },
      metadata: {
        filter_metadata: {
          istio: {
            fields: {
              list: {
                listValue: {
                  values: [
                    { stringValue: 'a' },
                    { numberValue: 1 },
                    { boolValue: true },
                    { nullValue: 'NULL_VALUE' },
                    { structValue: { fields: { deep: { stringValue: 'x' } } } },
                  ],
                },
              },
            },
          },
        },
      },
    });
  });

  it('packs @type into Any and reads the type from its own file', () => {
    const packed = proto.any({
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault',
      abort: { httpStatus: 503, percentage: { numerator: 500000, denominator: 'MILLION' } },
    });
    expect(packed.type_url).toBe(
      'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault',
    );
    expect(
      proto.decode('envoy.extensions.filters.http.fault.v3.HTTPFault', packed.value),
    ).toMatchObject({
      abort: { http_status: 503, percentage: { numerator: 500000, denominator: 'MILLION' } },
    });
  });

  it('writes integers of 64 bits from strings, negative durations with two negative parts', () => {
    const name = 'envoy.config.route.v3.RetryPolicy';
    const bytes = proto.encode(name, { hostSelectionRetryMaxAttempts: '9007199254740993' });
    expect(proto.decode(name, bytes)).toMatchObject({
      host_selection_retry_max_attempts: '9007199254740993',
    });
    const route = 'envoy.config.route.v3.RouteAction';
    expect(proto.decode(route, proto.encode(route, { timeout: '-1.25s' }))).toMatchObject({
      timeout: { seconds: '-1', nanos: -250_000_000 },
    });
  });

  it.each<[JsonObject, string]>([
    [{ name: 'a', loadBalancing: 1 }, 'Cluster.loadBalancing: envoy.config.cluster.v3.Cluster has'],
    [{ lbPolicy: 'FASTEST' }, 'LbPolicy has no value "FASTEST"'],
    [{ connectTimeout: '1 second' }, 'connectTimeout: "1 second" is not a duration'],
    [{ circuitBreakers: { thresholds: [{}, { maxRetries: -1 }] } }, 'thresholds[1].maxRetries'],
    [{ name: 5 }, '5 is not a string'],
    [{ type: 'EDS', clusterType: {} }, 'type and clusterType exclude each other'],
    [
      { transportSocket: { typedConfig: { '@type': 'x/no.such.Type' } } },
      'no message no.such.Type',
    ],
  ])('refuses %j and names the path', (json, message) => {
    expect(() => proto.encode(cluster, json)).toThrow(message);
  });
});
