import { createHttpServer, type HttpServerOptions, type HttpService } from '../kit/http-server.ts';
import { addUserRoutes } from './routes.ts';
import { seededUsers, type Users } from './user.ts';

/** Builds the users service. */
export function buildUsers(options: HttpServerOptions & { users?: Users } = {}): HttpService {
  const service = createHttpServer(options);
  addUserRoutes(service.app, options.users ?? seededUsers());
  return service;
}
