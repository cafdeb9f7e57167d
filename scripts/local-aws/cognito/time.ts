/** Epoch milliseconds as the JSON protocols write a timestamp: epoch seconds. */
export const timestamp = (milliseconds: number): number => milliseconds / 1000;

/** Epoch milliseconds as a JWT's NumericDate (RFC 7519): whole epoch seconds. */
export const numericDate = (milliseconds: number): number => Math.floor(milliseconds / 1000);
