/** One place where the kit holds what services must not, and why that is not what the rule is about. */
export interface Allowance {
  /** Relative to the folder that is checked. */
  file: string;
  rule: string;
  /** The name of the finding. */
  name: string;
  reason: string;
}

/** All such places; one that nothing needs any more is itself a finding. */
export const allowances: readonly Allowance[] = [
  {
    file: 'kit/service.ts',
    rule: 'timeout',
    name: 'Promise.race',
    reason: 'bounds the shutdown of this process, not a call to another service',
  },
  {
    file: 'kit/telemetry-sdk.ts',
    rule: 'timeout',
    name: 'Promise.race',
    reason:
      'bounds the last flush of telemetry when the process ends, not a call to another service',
  },
  {
    file: 'kit/grpc-client.ts',
    rule: 'retry',
    name: 'grpc.initial_reconnect_backoff_ms',
    reason: 'how soon a channel connects again to its sidecar; no call is repeated',
  },
  {
    file: 'kit/grpc-client.ts',
    rule: 'retry',
    name: 'grpc.max_reconnect_backoff_ms',
    reason: 'the same: grpc-js would wait up to two minutes',
  },
  {
    file: 'kit/grpc-client.ts',
    rule: 'retry',
    name: 'grpc.service_config_disable_resolution',
    reason: 'keeps a DNS record from bringing a retry policy',
  },
];
