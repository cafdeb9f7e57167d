import type { IncomingHttpHeaders } from "node:http";
import type { Caller } from "./caller.ts";

/** One HTTP request to the local AWS, read whole, with the caller that its credentials name. */
export interface AwsRequest {
  readonly requestId: string;
  readonly method: string;
  /** Path without the query, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly caller: Caller;
  /** Service in the SigV4 credential scope, e.g. `apigateway`; undefined when unsigned. */
  readonly signedFor: string | undefined;
  /** `X-Amz-Target`, e.g. `DynamoDB_20120810.PutItem`. */
  readonly target: string | undefined;
}

export interface AwsResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** One AWS service of the local AWS. The first service that accepts a request answers it. */
export interface Service {
  readonly name: string;
  accepts(request: AwsRequest): boolean;
  /** Throws {@link AwsError} for a refusal; `refuse` then writes it in the service's own protocol. */
  handle(request: AwsRequest): Promise<AwsResponse>;
  refuse(
    error: { code: string; message: string; status: number; details: Readonly<Record<string, unknown>> },
    request: AwsRequest,
  ): AwsResponse;
  close?(): Promise<void>;
}
