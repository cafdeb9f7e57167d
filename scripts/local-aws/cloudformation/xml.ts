import type { AwsRequest, AwsResponse, Service } from "../kernel/service.ts";

const NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

/** https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export function xmlAnswer(action: string, result: string, request: AwsRequest): AwsResponse {
  return xml(
    200,
    `<${action}Response xmlns="${NAMESPACE}"><${action}Result>${result}</${action}Result>` +
      `<ResponseMetadata>${element("RequestId", request.requestId)}</ResponseMetadata></${action}Response>`,
    request,
  );
}

export const xmlRefusal: Service["refuse"] = (error, request) => {
  const type = element("Type", error.status < 500 ? "Sender" : "Receiver");
  const details = `<Error>${type}${element("Code", error.code)}${element("Message", error.message)}</Error>`;
  return xml(
    error.status,
    `<ErrorResponse xmlns="${NAMESPACE}">${details}${element("RequestId", request.requestId)}</ErrorResponse>`,
    request,
  );
};

export function element(name: string, text: string): string {
  return `<${name}>${text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)}</${name}>`;
}

export function elementList(name: string, members: readonly string[]): string {
  return `<${name}>${members.map((member) => `<member>${member}</member>`).join("")}</${name}>`;
}

function xml(status: number, body: string, request: AwsRequest): AwsResponse {
  return { status, headers: { "content-type": "text/xml", "x-amzn-requestid": request.requestId }, body };
}
