import { expect, test } from 'vitest';
import { buildUsers } from './app.ts';

test.each(['123', '124', '125'])('GET /users/%s gives the user', async (id) => {
  const response = await buildUsers().app.inject(`/users/${id}`);
  expect(response.statusCode).toBe(200);
  expect(response.json()).toMatchObject({
    id,
    name: expect.any(String),
    email: expect.any(String),
  });
});

test.each(['126', 'ada', '..%2F123', '%C3%A4'])('GET /users/%s is an unknown user', async (id) => {
  const response = await buildUsers().app.inject(`/users/${id}`);
  expect(response.statusCode).toBe(404);
  expect(response.json()).toMatchObject({
    code: 'not-found',
    detail: `there is no user '${decodeURIComponent(id)}'`,
  });
});

test('an id that is too long is a bad request', async () => {
  expect((await buildUsers().app.inject(`/users/${'1'.repeat(65)}`)).statusCode).toBe(400);
});
