// The mapping templates of POST /v1/events, in the Velocity Template Language as API Gateway has it:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html

const SET_TENANT = "#set($tenant = $context.authorizer.claims.gatehouse_tenant)";
/** A key's value begins with its tenant's ULID. A token without a tenant has no key. */
const KEY_IS_THE_TENANTS =
  '$tenant.matches("ten_[0-9A-Z]{26}") && $context.identity.apiKey.startsWith($tenant.substring(4))';

/** A part of the body as JSON. */
const part = (path) => `$input.json('${path}')`;
/** JSON within a JSON string. escapeJavaScript also escapes apostrophes, which JSON does not know. */
const partInString = (path) => `$util.escapeJavaScript(${part(path)}).replaceAll("\\\\'", "'")`;
const textInString = (text) => `\\"${text}\\"`;

// A CloudEvent; its tenant, client and request are the gateway's word, the rest is the sender's.
const DETAIL = {
  specversion: textInString("1.0"),
  id: partInString("$.id"),
  source: textInString("urn:gatehouse:tenant:$tenant"),
  type: partInString("$.type"),
  subject: textInString("$tenant"),
  // Not requestId, which a caller may choose.
  requestid: textInString("$context.extendedRequestId"),
  clientid: textInString("$context.authorizer.claims.client_id"),
  datacontenttype: textInString("application/json"),
  data: partInString("$.data"),
};
const detail = Object.entries(DETAIL)
  .map(([name, value]) => `${textInString(name)}:${value}`)
  .join(",");

// No template can refuse a call. What can be done is to ask EventBridge for nothing, which it refuses; the
// answer's template then says why.
const request = {
  "Fn::Join": [
    "",
    [
      `${SET_TENANT}\n#if(${KEY_IS_THE_TENANTS})\n{"Entries":[{"EventBusName":"`,
      { Ref: "TenantEventBus" },
      `","Source":"gatehouse.ingest","DetailType":${part("$.type")},"Detail":"{${detail}}"}]}\n`,
      '#else\n{"Entries":[]}\n#end',
    ],
  ],
};

const RETRY_AFTER = '#set($context.responseOverride.header.Retry-After = "1")';

/** As src/http/problem.ts writes it. */
function problem(status, code, title, message) {
  const body = [
    `"type":"urn:gatehouse:problem:${code}"`,
    `"title":${JSON.stringify(title)}`,
    `"status":${status}`,
    `"message":${JSON.stringify(message)}`,
    '"requestId":"$context.requestId"',
  ];
  return [
    `#set($context.responseOverride.status = ${status})`,
    '#set($context.responseOverride.header.Content-Type = "application/problem+json")',
    '#set($context.responseOverride.header.Cache-Control = "no-store")',
    `{${body.join(",")}}`,
  ].join("\n");
}

const FOREIGN_KEY = problem(403, "foreign-api-key", "The API key is not the tenant's", "Forbidden");
const TOO_LARGE = problem(413, "request-too-large", "The request is too large", "The request is too large");
const INTERNAL = problem(500, "internal", "Internal error", "Internal server error");
const UNAVAILABLE = `${RETRY_AFTER}\n${problem(503, "unavailable", "Unavailable", "Unavailable")}`;

/** PutEvents answers 200 also when it has refused the entry. */
const ACCEPTED = `#if($input.path('$.FailedEntryCount') == 0)
{"eventId":${part("$.Entries[0].EventId")}}
#elseif($input.path('$.Entries[0].ErrorCode').matches("InternalFailure|ThrottlingException"))
${UNAVAILABLE}
#else
${INTERNAL}
#end`;

/** What the model lets through is valid but for its size; and no entry was asked for with a foreign key. */
const REFUSED = `${SET_TENANT}
#set($error = $input.path('$.__type'))
#if(!(${KEY_IS_THE_TENANTS}))
${FOREIGN_KEY}
#elseif($error.matches(".*ValidationException"))
${TOO_LARGE}
#elseif($error.matches(".*Throttling.*"))
${UNAVAILABLE}
#else
${INTERNAL}
#end`;

const response = (StatusCode, template, more = {}) => ({
  StatusCode,
  ...more,
  ResponseTemplates: { "application/json": template },
});

/** The default is the refusal: what is not expected is no success. */
const responses = [
  response("202", ACCEPTED, { SelectionPattern: "200" }),
  response("500", REFUSED, { SelectionPattern: "4\\d{2}" }),
  response("503", UNAVAILABLE),
];

const methodResponses = ["202", "403", "413", "500", "503"].map((StatusCode) => ({ StatusCode }));

module.exports = { request, responses, methodResponses };
