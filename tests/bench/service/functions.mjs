/** The least that a function can do: what is measured is the way to it and back. */
export async function ping() {
  return { statusCode: 200, headers: { "content-type": "application/json" }, body: '{"ok":true}' };
}
