import type { User } from './schemas.ts';

/** All users, by id. */
export type Users = ReadonlyMap<string, User>;

/** The users that every copy of the service starts with. */
export function seededUsers(): Users {
  const users: User[] = [
    { id: '123', name: 'Ada Moreno', email: 'ada@shop.example' },
    { id: '124', name: 'Björn Okafor', email: 'bjorn@shop.example' },
    { id: '125', name: 'Chiara Tanaka', email: 'chiara@shop.example' },
  ];
  return new Map(users.map((user) => [user.id, user]));
}
