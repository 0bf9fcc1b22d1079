import { Type } from 'typebox';
import { AddressSchema, commonConfig } from '../kit/config.ts';

/** The environment of the storefront. */
export const StorefrontConfigSchema = Type.Object({
  ...commonConfig,
  USERS_ADDR: AddressSchema,
  ORDERS_ADDR: AddressSchema,
  INVENTORY_ADDR: AddressSchema,
});
