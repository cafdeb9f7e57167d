/** Bytes of R, and of S, of P-256. */
const HALF = 32;
const SEQUENCE = 0x30;
const INTEGER = 0x02;

/**
 * R and S side by side, as JOSE has them (RFC 7518 §3.4), of an ECDSA signature by P-256 in DER, as KMS gives it
 * (RFC 3279 §2.2.3). Throws for other bytes.
 */
export function joseSignature(der: Uint8Array): Uint8Array {
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2) throw invalid();
  const rEnd = 4 + (der[3] ?? 0);
  const sEnd = rEnd + 2 + (der[rEnd + 1] ?? 0);
  if (der[2] !== INTEGER || der[rEnd] !== INTEGER || sEnd !== der.length) throw invalid();
  const signature = new Uint8Array(2 * HALF);
  place(der.subarray(4, rEnd), signature.subarray(0, HALF));
  place(der.subarray(rEnd + 2, sEnd), signature.subarray(HALF));
  return signature;
}

/** To the right, without the zero that keeps an integer of DER from being negative. */
function place(integer: Uint8Array, half: Uint8Array): void {
  const bytes = integer[0] === 0 ? integer.subarray(1) : integer;
  if (integer.length === 0 || bytes.length > HALF) throw invalid();
  half.set(bytes, HALF - bytes.length);
}

function invalid(): Error {
  return new Error("KMS gave a signature that is not in DER");
}
