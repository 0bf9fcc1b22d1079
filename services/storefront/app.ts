import { createHttpServer, type HttpServerOptions, type HttpService } from '../kit/http-server.ts';
import { addShopRoutes, addStockRoutes, type StorefrontClients } from './routes.ts';

/** Builds the storefront. */
export function buildStorefront(
  options: HttpServerOptions & { clients: StorefrontClients },
): HttpService {
  const service = createHttpServer(options);
  addShopRoutes(service.app, options.clients);
  addStockRoutes(service.app, options.clients, service.closing);
  return service;
}
