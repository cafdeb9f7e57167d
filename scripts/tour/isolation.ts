import type { DemoFile } from "../demo/demo-file.ts";
import { call, type Machine, tampered } from "./client.ts";
import type { Report } from "./report.ts";

/** A flight that the tour adds. */
export const FLIGHT = {
  flightNumber: "GH117",
  origin: "LHR",
  destination: "JFK",
  departure: "2027-03-01T09:00:00Z",
  arrival: "2027-03-01T17:00:00Z",
  aircraft: "A359",
  seats: 320,
  fare: { amount: 45900, currency: "GBP" },
};
/** An id that no flight has. */
const NO_FLIGHT = "flt_00000000000000000000000000";

/** What a tenant may do, what it may not, and that it learns nothing of another. */
export async function tourIsolation(
  demo: DemoFile,
  { skyways, aeroline }: { skyways: Machine; aeroline: Machine },
  report: Report,
): Promise<void> {
  const { token, apiKey } = skyways;
  const flights = "/v1/flights";
  const status = async (...request: Parameters<typeof call>) => (await call(...request)).status;

  report.chapter("A tenant at work");
  report.step("read flights", 200, await status(demo, `${flights}?limit=3`, { token, apiKey }));
  const added = await call(demo, flights, { method: "POST", token, apiKey, body: FLIGHT });
  report.step("add a flight", 201, added.status);
  const flight = `${flights}/${String(added.body.flightId)}`;
  const own = await call(demo, flight, { token, apiKey });
  report.step("read it back", 200, own.status);
  report.step("read the own profile", 200, await status(demo, "/v1/tenant", { token, apiKey }));
  report.step("read the own usage", 200, await status(demo, "/v1/usage", { token, apiKey }));

  report.chapter("What the gate refuses");
  report.step("no token", 401, await status(demo, flights, { apiKey }));
  const forged = tampered(token, aeroline.tenantId);
  report.step(
    "a token with another tenant written into it",
    401,
    await status(demo, flights, { token: forged, apiKey }),
  );
  report.step(
    "a scope that the client lacks: aeroline adds a flight",
    401,
    await status(demo, flights, {
      method: "POST",
      token: aeroline.token,
      apiKey: aeroline.apiKey,
      body: FLIGHT,
    }),
  );
  report.step("no API key", 403, await status(demo, flights, { token }));
  report.step(
    "another tenant's API key",
    403,
    await status(demo, flights, { token, apiKey: aeroline.apiKey }),
  );
  report.step(
    "a body that is not a flight",
    400,
    await status(demo, flights, { method: "POST", token, apiKey, body: { ...FLIGHT, seats: "many" } }),
  );

  report.chapter("What another tenant learns");
  const reader = { token: aeroline.token, apiKey: aeroline.apiKey };
  const foreign = await call(demo, flight, reader);
  const absent = await call(demo, `${flights}/${NO_FLIGHT}`, reader);
  report.step("a flight of another tenant", 404, foreign.status);
  report.step("a flight that does not exist", 404, absent.status);
  const text = ({ body: { requestId: _requestId, ...body } }: typeof foreign) => JSON.stringify(body);
  report.step("the two answers", "the same", text(foreign) === text(absent) ? "the same" : "different");

  report.chapter("Tidying up");
  const ifMatch = { "if-match": own.headers.get("etag") ?? "" };
  report.step(
    "delete the flight",
    204,
    await status(demo, flight, { method: "DELETE", token, apiKey, headers: ifMatch }),
  );
}
