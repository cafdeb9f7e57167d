/**
 * Bytes that an entry on the bus must stay below. Buses take 1 MB since January 2026, says AWS
 * (https://aws.amazon.com/blogs/compute/more-room-to-build-serverless-services-now-support-payloads-up-to-1-mb);
 * pages of the reference of PutEvents still say 256 KB, for an entry and for all entries of a request. Ours are far
 * below either, so the smaller holds.
 */
export const LARGEST_ENTRY_BYTES = 256 * 1024;

/** All of a sealed event but its ciphertext, at most: two recipients take less than half of it. */
const ENVELOPE_BYTES = 4096;

/**
 * Bytes of data, as JSON, that surely fit on the bus when they are sealed: base64url makes 4 characters of 3 bytes.
 * What is accepted from outside and becomes an event must stay below: the relay could only refuse it, too late.
 */
export const LARGEST_DATA_BYTES = ((LARGEST_ENTRY_BYTES - ENVELOPE_BYTES) / 4) * 3;
