import { Type } from 'typebox';
import { commonConfig } from '../kit/config.ts';

/** The environment of the inventory service. */
export const InventoryConfigSchema = Type.Object(commonConfig);
