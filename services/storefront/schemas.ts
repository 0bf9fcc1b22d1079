import { Type } from 'typebox';

const SkuSchema = Type.String({ minLength: 1, maxLength: 64 });
const count = { minimum: 0, maximum: 2_147_483_647 };

/** `GET /stock/:sku/events`. */
export const StockParamsSchema = Type.Object({ sku: SkuSchema });

/** A line of that route's answer. */
export const StockLevelSchema = Type.Object({
  sku: Type.String(),
  quantity: Type.Integer(),
  version: Type.Integer(),
});

/** A line of the body of `POST /stock/imports`. */
export const StockDeliverySchema = Type.Object(
  { sku: SkuSchema, quantity: Type.Integer({ minimum: 1, maximum: 1_000_000 }) },
  { additionalProperties: false },
);

/** The answer of `POST /stock/imports`. */
export const StockImportSchema = Type.Object({
  deliveries: Type.Integer(),
  totalQuantity: Type.Integer(),
});

/** A line of the body of `POST /stock/reconciliations`. */
export const StockCountSchema = Type.Object(
  { sku: SkuSchema, counted: Type.Integer(count) },
  { additionalProperties: false },
);
