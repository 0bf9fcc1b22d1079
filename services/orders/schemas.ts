import { type Static, Type } from 'typebox';
import { UserIdSchema } from '../users/schemas.ts';

/** One line of an order. */
export const OrderItemSchema = Type.Object(
  {
    sku: Type.String({ minLength: 1, maxLength: 64 }),
    quantity: Type.Integer({ minimum: 1, maximum: 1000 }),
  },
  { additionalProperties: false },
);
/** One line of an order. */
export type OrderItem = Static<typeof OrderItemSchema>;

/** The body of `POST /orders`. */
export const PlaceOrderSchema = Type.Object(
  {
    userId: UserIdSchema,
    items: Type.Array(OrderItemSchema, { minItems: 1, maxItems: 20 }),
  },
  { additionalProperties: false },
);
/** The body of `POST /orders`. */
export type PlaceOrder = Static<typeof PlaceOrderSchema>;

/** Why an order was not placed; the first three are the shop's decision, the last is a call that gave no answer. */
export const OrderRefusalSchema = Type.Union([
  Type.Literal('unknown-user'),
  Type.Literal('out-of-stock'),
  Type.Literal('payment-refused'),
  Type.Literal('no-answer'),
]);

/** An order as `GET /orders/:id` shows it. */
export const OrderSchema = Type.Object({
  id: Type.String(),
  userId: Type.String(),
  items: Type.Array(OrderItemSchema),
  status: Type.Union([
    Type.Literal('placed'),
    Type.Literal('rejected'),
    Type.Literal('failed'),
    Type.Literal('pending'),
  ]),
  /** When placed. */
  totalCents: Type.Optional(Type.Integer()),
  /** When rejected or failed. */
  refusal: Type.Optional(OrderRefusalSchema),
});
/** An order as `GET /orders/:id` shows it. */
export type OrderView = Static<typeof OrderSchema>;

/** `GET /orders/:id`. */
export const GetOrderParamsSchema = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64 }),
});
