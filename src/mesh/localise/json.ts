import { isObject, type Json, type JsonObject } from '../../json.ts';

/** `json` when it is an object, else an empty one. */
export function object(json: Json | undefined): JsonObject {
  return isObject(json) ? json : {};
}

/** The objects of a list; empty when `json` is none. */
export function objects(json: Json | undefined): JsonObject[] {
  return Array.isArray(json) ? json.filter(isObject) : [];
}

/** `json` when it is a string, else an empty one. */
export function text(json: Json | undefined): string {
  return typeof json === 'string' ? json : '';
}

/** A copy of `json` without `keys`. */
export function without(json: JsonObject, ...keys: string[]): JsonObject {
  return Object.fromEntries(Object.entries(json).filter(([key]) => !keys.includes(key)));
}

/** Address and port of a `core.v3.Address` with a socket address; undefined for another kind. */
export function socketAddress(address: Json | undefined): { ip: string; port: number } | undefined {
  const socket = object(object(address).socketAddress);
  if (typeof socket.portValue !== 'number') return undefined;
  return { ip: text(socket.address), port: socket.portValue };
}

/** `core.v3.Address` of a port on 127.0.0.1. */
export function loopback(port: number): JsonObject {
  return { socketAddress: { address: '127.0.0.1', portValue: port } };
}
