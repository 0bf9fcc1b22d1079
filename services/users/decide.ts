import type { User } from './schemas.ts';
import type { Users } from './user.ts';

/** What asking for a user comes to. */
export type GetUserDecision = { type: 'found'; user: User } | { type: 'unknown-user'; id: string };

/** Decides what asking for user `id` comes to. */
export function decideGetUser(users: Users, id: string): GetUserDecision {
  const user = users.get(id);
  return user === undefined ? { type: 'unknown-user', id } : { type: 'found', user };
}
