import {
  InterceptingCall,
  type Interceptor,
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js';
import type { Observation, Telemetry, TraceCarrier } from './telemetry.ts';

/** Tells of every call that a server takes, of all four kinds; not of health checks and reflection (`/grpc.…`). */
export function observeGrpcServer(telemetry: Telemetry): ServerInterceptor {
  return (method, call) => {
    if (method.path.startsWith('/grpc.')) return new ServerInterceptingCall(call);
    let observation: Observation | undefined;
    return new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, pass) {
            observation = telemetry.begin(
              { edge: 'grpc-server', method: method.path.slice(1) },
              metadataCarrier(metadata),
            );
            pass(metadata);
          },
          onCancel: () => observation?.end({ status: 'CANCELLED' }),
        });
      },
      sendStatus(sent, next) {
        next(sent);
        observation?.end({ status: nameOf(sent.code) });
      },
    });
  };
}

/** Tells of every call that a client makes to `address`, of all four kinds. */
export function observeGrpcClient(telemetry: Telemetry, address: string): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start(metadata, _listener, next) {
        const method = options.method_definition.path.slice(1);
        const observation = telemetry.begin(
          { edge: 'grpc-client', method, address },
          metadataCarrier(metadata),
        );
        next(metadata, {
          onReceiveStatus(received, pass) {
            observation.end({ status: nameOf(received.code) });
            pass(received);
          },
        });
      },
    });
}

function metadataCarrier(metadata: Metadata): TraceCarrier {
  return {
    get: (name) => {
      const value = metadata.get(name)[0];
      return typeof value === 'string' ? value : undefined;
    },
    set: (name, value) => metadata.set(name, value),
    names: () => Object.keys(metadata.getMap()),
  };
}

function nameOf(code: status | null | undefined): string {
  return status[code ?? status.OK] ?? 'UNKNOWN';
}
