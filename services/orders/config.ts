import { Type } from 'typebox';
import { AddressSchema, commonConfig } from '../kit/config.ts';

/** The environment of the orders service. */
export const OrdersConfigSchema = Type.Object({
  ...commonConfig,
  USERS_ADDR: AddressSchema,
  INVENTORY_ADDR: AddressSchema,
  PAYMENTS_ADDR: AddressSchema,
});
