import { ServiceError } from '../kit/errors.ts';
import type { HttpApp } from '../kit/http-server.ts';
import { decideGetUser } from './decide.ts';
import { GetUserParamsSchema, UserSchema } from './schemas.ts';
import type { Users } from './user.ts';

/** `users.get`. */
export function addUserRoutes(app: HttpApp, users: Users): void {
  const schema = { params: GetUserParamsSchema, response: { 200: UserSchema } };
  app.get('/users/:id', { schema }, async (request) => {
    const decision = decideGetUser(users, request.params.id);
    if (decision.type === 'found') return decision.user;
    throw new ServiceError('not-found', `there is no user '${decision.id}'`);
  });
}
