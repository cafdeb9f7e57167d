const BYTES = 32;

/**
 * KMS gives ECDSA signatures in DER (ANSI X9.62): a SEQUENCE of the INTEGERs r and s.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
 *
 * @param plain r and s, 32 bytes each
 */
export function toDer(plain: Buffer): Buffer {
  const body = Buffer.concat([integer(plain.subarray(0, BYTES)), integer(plain.subarray(BYTES))]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

/** r and s, 32 bytes each; undefined for what is no such signature. */
export function fromDer(der: Buffer): Buffer | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const r = readInteger(der, 2);
  const s = r && readInteger(der, r.end);
  return r && s && s.end === der.length ? Buffer.concat([r.value, s.value]) : undefined;
}

function integer(value: Buffer): Buffer {
  const first = value.findIndex((byte) => byte !== 0);
  const trimmed = value.subarray(first < 0 ? BYTES - 1 : first);
  const positive = (trimmed[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed;
  return Buffer.concat([Buffer.from([0x02, positive.length]), positive]);
}

function readInteger(der: Buffer, at: number): { readonly value: Buffer; readonly end: number } | undefined {
  const length = der[at + 1];
  if (der[at] !== 0x02 || length === undefined || length === 0) return undefined;
  const end = at + 2 + length;
  const digits = der.subarray(at + 2, end);
  const trimmed = digits[0] === 0 ? digits.subarray(1) : digits;
  if (digits.length !== length || trimmed.length > BYTES) return undefined;
  return { value: Buffer.concat([Buffer.alloc(BYTES - trimmed.length), trimmed]), end };
}
