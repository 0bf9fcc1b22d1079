/** The few ASN.1 types that a certificate is made of, in DER (ITU-T X.690). */

/** One element: identifier octet, length, content. */
export function element(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length: number[] = [];
  for (let rest = body.length; rest > 0; rest >>>= 8) length.unshift(rest & 0xff);
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length, ...length]), body]);
}

/** SEQUENCE. */
export function sequence(...items: Uint8Array[]): Buffer {
  return element(0x30, ...items);
}

/** SET. */
export function set(...items: Uint8Array[]): Buffer {
  return element(0x31, ...items);
}

/** OCTET STRING. */
export function octetString(content: Uint8Array): Buffer {
  return element(0x04, content);
}

/** BIT STRING without unused bits unless said. */
export function bitString(content: Uint8Array, unusedBits = 0): Buffer {
  return element(0x03, Buffer.from([unusedBits]), content);
}

/** BOOLEAN TRUE; FALSE is a default that DER leaves out. */
export function booleanTrue(): Buffer {
  return element(0x01, Buffer.from([0xff]));
}

/** INTEGER, not negative, from its bytes. */
export function integer(magnitude: Uint8Array): Buffer {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const bytes = start < 0 ? Buffer.from([0]) : magnitude.subarray(start);
  // A first bit of 1 would make it negative.
  return element(0x02, ...((bytes[0] ?? 0) > 127 ? [Buffer.from([0])] : []), bytes);
}

/** UTF8String. */
export function utf8String(text: string): Buffer {
  return element(0x0c, Buffer.from(text, 'utf8'));
}

/** OBJECT IDENTIFIER from its dotted form. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return element(0x06, Buffer.from(bytes));
}

/** UTCTime until 2049, GeneralizedTime after, as RFC 5280 section 4.1.2.5 asks. */
export function time(timeMs: number): Buffer {
  const digits = new Date(timeMs).toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return digits < '2050'
    ? element(0x17, Buffer.from(`${digits.slice(2)}Z`, 'latin1'))
    : element(0x18, Buffer.from(`${digits}Z`, 'latin1'));
}
