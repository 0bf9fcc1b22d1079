import { type Static, Type } from 'typebox';

/** A customer. */
export const UserSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  email: Type.String(),
});
/** A customer. */
export type User = Static<typeof UserSchema>;

/** The id of a user as it may come: one that is not seeded is a user who is not there, not a bad request. */
export const UserIdSchema = Type.String({ minLength: 1, maxLength: 64 });

/** `GET /users/:id`. */
export const GetUserParamsSchema = Type.Object({ id: UserIdSchema });
