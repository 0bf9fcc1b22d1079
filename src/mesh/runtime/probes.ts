import { connect } from 'node:net';
import { request } from 'node:http';
import { execFile } from 'node:child_process';
import { Client, credentials, type ClientUnaryCall } from '@grpc/grpc-js';
import type { Probe } from '../../manifests/world.ts';

/** What a probe is asked with: the process' real ports, and how to run a command in its surroundings. */
export interface ProbeTarget {
  /** The port the process listens on for a container port, by number or name. */
  port(containerPort: number | string): number | undefined;
  cwd: string;
  env: Record<string, string>;
}

/** Kubernetes' default `timeoutSeconds` of a probe. */
const probeTimeoutMs = 1000;

/** Whether something accepts connections on 127.0.0.1:port. */
export function tcpProbe(port: number, timeoutMs = probeTimeoutMs): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: timeoutMs });
    const end = (result: boolean) => (): void => {
      socket.destroy();
      resolve(result);
    };
    socket.on('connect', end(true));
    socket.on('error', end(false));
    socket.on('timeout', end(false));
  });
}
const serving = Buffer.from([0x08, 0x01]);

/** Asks a process once, as the kubelet would (the sidecar is not in between). A port that is not known is a failure. */
export async function runProbe(
  probe: Probe,
  target: ProbeTarget,
  timeoutMs = probeTimeoutMs,
): Promise<boolean> {
  if (probe.type === 'exec') return execProbe(probe.command, target, timeoutMs);
  const port = target.port(probe.port);
  if (port === undefined) return false;
  switch (probe.type) {
    case 'http':
      return httpProbe(port, probe.path, timeoutMs);
    case 'grpc':
      return grpcProbe(port, probe.service, timeoutMs);
    case 'tcp':
      return tcpProbe(port, timeoutMs);
    default:
      return probe satisfies never;
  }
}

function httpProbe(port: number, path: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request(
      { host: '127.0.0.1', port, path, timeout: timeoutMs, agent: false },
      (answer) => {
        answer.resume();
        const { statusCode = 0 } = answer;
        resolve(statusCode >= 200 && statusCode < 400);
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('timeout')));
    sent.on('error', () => resolve(false));
    sent.end();
  });
}

// grpc.health.v1: HealthCheckRequest has the service as field 1, HealthCheckResponse the status as field 1; SERVING is 1.
function healthRequest(service: string): Buffer {
  const name = Buffer.from(service, 'utf8');
  return name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
}

function grpcProbe(port: number, service: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      // A channel that is shared with others would remember a refused connection for seconds.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_http_proxy': 0,
    });
    const call: ClientUnaryCall = client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      (value: Buffer) => value,
      (bytes: Buffer) => bytes,
      healthRequest(service.slice(0, 127)),
      { deadline: Date.now() + timeoutMs } as never,
      (error: unknown, answer?: Buffer) => {
        client.close();
        resolve(!error && answer !== undefined && answer.subarray(0, 2).equals(serving));
      },
    );
    call.on('error', () => {});
  });
}

function execProbe(command: string[], target: ProbeTarget, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const [program = '', ...args] = command;
    execFile(
      program,
      args,
      { cwd: target.cwd, env: target.env, timeout: timeoutMs, killSignal: 'SIGKILL' },
      (error) => resolve(error === null),
    );
  });
}
