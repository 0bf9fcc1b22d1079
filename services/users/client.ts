import type { CallContext } from '../kit/call-context.ts';
import type { CallResult } from '../kit/call-result.ts';
import { createHttpClient } from '../kit/http-client.ts';
import { type User, UserSchema } from './schemas.ts';

/** The users service, as its callers see it. */
export interface UsersClient {
  get(id: string, context: CallContext): Promise<CallResult<User>>;
  close(): Promise<void>;
}

/** Calls the users service at `address`, `host:port`. */
export function createUsersClient(address: string): UsersClient {
  const http = createHttpClient('users', address);
  return {
    get: (id, context) =>
      http.call(UserSchema, { method: 'GET', path: `/users/${encodeURIComponent(id)}`, context }),
    close: http.close,
  };
}
