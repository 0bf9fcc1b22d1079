import { type BoundedMap, createBoundedMap } from '../kit/bounded-map.ts';

/** What is known of one SKU. */
export interface StockItem {
  quantity: number;
  unitPriceCents: number;
  /** Grows by one with each change. */
  version: number;
}

/** Pieces set aside, with the answer that was given, to give it again. */
export interface Reservation {
  sku: string;
  quantity: number;
  unitPriceCents: number;
  remaining: number;
}

/**
 * Everything the service remembers. The set of SKUs is fixed; of the reservations only the latest are kept, so that
 * repeating the id of one long forgotten would reserve again.
 */
export interface Stock {
  items: Map<string, StockItem>;
  reservations: BoundedMap<Reservation>;
}

/** What happened to the stock. */
export type StockEvent =
  | { type: 'reserved'; reservationId: string; reservation: Reservation }
  | { type: 'imported'; deliveries: readonly StockChange[] };

/** So many pieces of one SKU. */
export interface StockChange {
  sku: string;
  quantity: number;
}

/** The stock that the service starts with: enough for long load tests. */
export function seededStock(): Stock {
  const items: [string, number, number][] = [
    ['apple', 1_000_000_000, 50],
    ['book', 1_000_000_000, 1_500],
    ['chair', 1_000_000_000, 7_900],
    // Two of it cost more than one charge may take: an order of them is refused by payments.
    ['camera', 1_000_000_000, 300_000],
    // There is always too little of it: an order of two is refused by inventory.
    ['unicorn', 1, 99_900],
  ];
  return {
    items: new Map(
      items.map(([sku, quantity, unitPriceCents]) => [
        sku,
        { quantity, unitPriceCents, version: 1 },
      ]),
    ),
    reservations: createBoundedMap(50_000),
  };
}

/** Applies what happened, in place. */
export function evolve(stock: Stock, event: StockEvent): void {
  switch (event.type) {
    case 'reserved': {
      const { reservationId, reservation } = event;
      change(stock, reservation.sku, -reservation.quantity);
      stock.reservations.set(reservationId, reservation);
      return;
    }
    case 'imported':
      for (const { sku, quantity } of event.deliveries) change(stock, sku, quantity);
  }
}

function change(stock: Stock, sku: string, by: number): void {
  const item = stock.items.get(sku);
  if (!item) return;
  item.quantity += by;
  item.version += 1;
}
