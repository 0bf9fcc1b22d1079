import { expect, test } from 'vitest';
import { telemetryEnv, wantsTelemetry } from './telemetry-config.ts';

test.each([
  [{}, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://jaeger:4318' }, true],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://jaeger:4318/v1/traces' }, true],
  [{ OTEL_TRACES_EXPORTER: 'console' }, true],
  [{ OTEL_METRICS_EXPORTER: 'prometheus' }, true],
  [{ OTEL_METRICS_EXPORTER: 'none' }, false],
  [{ OTEL_SERVICE_NAME: 'users', OTEL_RESOURCE_ATTRIBUTES: 'a=b' }, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://jaeger:4318', OTEL_SDK_DISABLED: 'true' }, false],
])('%j wants telemetry: %j', (env, wanted) => {
  expect(wantsTelemetry(env)).toBe(wanted);
});

const users = { name: 'users', version: '1.2.3' };

test('what the environment leaves out is completed', () => {
  const env = { OTEL_METRICS_EXPORTER: 'prometheus', KUBERNETES_SERVICE_HOST: '10.0.0.1' };
  expect(telemetryEnv(users, { ...env, HOSTNAME: 'users-1' })).toEqual({
    OTEL_SERVICE_NAME: 'users',
    OTEL_RESOURCE_ATTRIBUTES: 'service.version=1.2.3,k8s.pod.name=users-1',
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'prometheus',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_NODE_RESOURCE_DETECTORS: 'env,serviceinstance',
  });
});

test('what the environment says stays', () => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://jaeger:4318',
    OTEL_SERVICE_NAME: 'people',
    OTEL_RESOURCE_ATTRIBUTES: 'service.version=9',
    HOSTNAME: 'laptop',
  };
  expect(telemetryEnv(users, env)).toMatchObject({
    OTEL_SERVICE_NAME: 'people',
    OTEL_RESOURCE_ATTRIBUTES: 'service.version=1.2.3,service.version=9',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'otlp',
  });
});
