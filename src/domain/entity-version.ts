/** Which versions of a thing a change may be applied to: any, or one of these (RFC 9110, If-Match). */
export type ExpectedVersion = "any" | readonly number[];
