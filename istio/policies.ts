import type { ShopService } from '../services/topology.ts';
import { inventoryPolicy } from './inventory.ts';
import type { ServicePolicy } from './kit/policy.ts';
import { ordersPolicy } from './orders.ts';
import { paymentsPolicy } from './payments.ts';
import { storefrontPolicy } from './storefront.ts';
import { usersPolicy } from './users.ts';

/** The policy of every service; one without is a type error. */
export const policies: Readonly<Record<ShopService, ServicePolicy>> = {
  inventory: inventoryPolicy,
  orders: ordersPolicy,
  payments: paymentsPolicy,
  storefront: storefrontPolicy,
  users: usersPolicy,
};
