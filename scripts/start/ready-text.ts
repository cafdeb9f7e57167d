import type { DemoFile } from "../demo/demo-file.ts";

/** What to do next, with commands that can be pasted. */
export function readyText({
  apiUrl,
  httpApiUrl,
  tokenUrl,
  awsEndpoint,
  tenants,
  operators,
}: DemoFile): string {
  const [first] = tenants;
  const example = first && [
    `TOKEN=$(curl -s ${tokenUrl} -u '${first.clientId}:${first.clientSecret}' -d grant_type=client_credentials | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    `curl -s '${apiUrl}/v1/flights?limit=2' -H "Authorization: Bearer $TOKEN" -H 'x-api-key: ${first.apiKey}'`,
    `curl -s ${apiUrl}/v1/loyalty/GH-0001 -H "Authorization: Bearer $TOKEN" -H 'x-api-key: ${first.apiKey}'`,
  ];
  return [
    "Gatehouse is ready",
    "",
    `  API         ${apiUrl}`,
    `  HTTP API    ${httpApiUrl}`,
    `  Token URL   ${tokenUrl}`,
    `  Local AWS   ${awsEndpoint}`,
    "  Credentials .gatehouse/demo.json",
    `  Operators   ${operators.map(({ username }) => username).join(", ")}`,
    "",
    ...(example ? [`As ${first.slug}:`, "", ...example, ""] : []),
    "In another terminal:  npm run tour  ·  npm run tenants -- list  ·  npm run users -- list",
    "Stop with Ctrl+C.",
  ].join("\n");
}
