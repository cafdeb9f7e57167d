import { AwsError } from "../kernel/aws-error.ts";
import type { AwsRequest, AwsResponse, Service } from "../kernel/service.ts";

const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";

/** A result as nested elements; numbers are written as decimals. */
export interface XmlMembers {
  readonly [element: string]: string | number | XmlMembers | undefined;
}

/**
 * The AWS query protocol: form-encoded parameters in, XML out.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export function queryAnswer(action: string, result: XmlMembers, request: AwsRequest): AwsResponse {
  return xml(
    200,
    request,
    `<${action}Response xmlns="${NAMESPACE}"><${action}Result>${elements(result)}</${action}Result>` +
      `<ResponseMetadata><RequestId>${request.requestId}</RequestId></ResponseMetadata></${action}Response>`,
  );
}

/** A refusal; the sender is at fault for every 4xx. */
export const queryRefusal: Service["refuse"] = (error, request) =>
  xml(
    error.status,
    request,
    `<ErrorResponse xmlns="${NAMESPACE}"><Error>${elements({
      Type: error.status < 500 ? "Sender" : "Receiver",
      Code: error.code,
      Message: error.message,
    })}</Error><RequestId>${request.requestId}</RequestId></ErrorResponse>`,
  );

/** A required parameter. Throws ValidationError when it is missing. */
export function required(parameters: URLSearchParams, name: string): string {
  const value = parameters.get(name);
  if (!value)
    throw validationError(
      `1 validation error detected: Value null at '${name[0]?.toLowerCase()}${name.slice(1)}' failed to satisfy constraint: Member must not be null`,
    );
  return value;
}

/** The members of a list parameter in their order: `Name.member.1`, `Name.member.2`… */
export function members(parameters: URLSearchParams, name: string): string[] {
  const values: string[] = [];
  for (let position = 1; ; position++) {
    const value = parameters.get(`${name}.member.${position}`);
    if (value === null) return values;
    values.push(value);
  }
}

/** The members of a list of structures: `Name.member.1.Key`, `Name.member.1.Value`… */
export function structures(parameters: URLSearchParams, name: string): Record<string, string>[] {
  const found = new Map<number, Record<string, string>>();
  for (const [parameter, value] of parameters) {
    const [list, keyword, position, field] = parameter.split(".");
    if (list !== name || keyword !== "member" || !position || !field) continue;
    found.set(Number(position), { ...found.get(Number(position)), [field]: value });
  }
  return [...found].sort(([a], [b]) => a - b).map(([, structure]) => structure);
}

export function validationError(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

function xml(status: number, request: AwsRequest, body: string): AwsResponse {
  return {
    status,
    headers: { "content-type": "text/xml", "x-amzn-requestid": request.requestId },
    body,
  };
}

function elements(value: XmlMembers): string {
  return Object.entries(value)
    .filter(([, content]) => content !== undefined)
    .map(
      ([name, content]) =>
        `<${name}>${typeof content === "object" ? elements(content) : escapeXml(String(content))}</${name}>`,
    )
    .join("");
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
