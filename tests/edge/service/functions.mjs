/** Shows what a function was given, or fails as it was asked to. */
export async function echo(event) {
  const { fail, sleep } = event.queryStringParameters ?? {};
  if (fail) throw new Error("secret detail");
  if (sleep) await new Promise((resolve) => setTimeout(resolve, Number(sleep)));
  const { POOL_ID, JWKS_URI, AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID } = process.env;
  const environment = { POOL_ID, JWKS_URI, AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID };
  const headers = { "content-type": "application/json", "x-absent": undefined };
  return { statusCode: 200, headers, body: JSON.stringify({ event, environment }) };
}
