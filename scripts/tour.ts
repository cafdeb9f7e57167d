/** `npm run tour`: what the running local stack lets through and what it refuses, one line a step. */
import { Command } from "commander";
import { TenantOperations } from "../src/aws/tenant-operations.ts";
import { type DemoFile, readDemoFile } from "./demo/demo-file.ts";
import { explainError } from "./stage/explain-error.ts";
import { DEMO_FILE, LOCAL_STAGE, useLocalAws } from "./stage/local-environment.ts";
import { operator } from "./stage/operator.ts";
import { stageSettings } from "./stage/stage-settings.ts";
import { fetchToken, type Machine } from "./tour/client.ts";
import { FLIGHT, tourIsolation } from "./tour/isolation.ts";
import { tourLimits } from "./tour/limits.ts";
import { Report } from "./tour/report.ts";
import { tourWebhooks } from "./tour/webhooks.ts";

async function tour(demo: DemoFile): Promise<boolean> {
  useLocalAws(demo.awsEndpoint);
  const { actor, clock } = await operator();
  const operations = new TenantOperations(await stageSettings(LOCAL_STAGE), actor, clock);
  const report = new Report();

  report.chapter("Tokens (OAuth 2.0 client credentials)");
  const machine = async (slug: string): Promise<Machine> => {
    const credentials = demo.tenants.find((tenant) => tenant.slug === slug);
    if (!credentials) throw new Error(`the demo has no tenant "${slug}": start it again with npm start`);
    const { status, body } = await fetchToken(demo, credentials);
    report.step(`a token for ${slug}`, 200, status);
    return { ...credentials, token: String(body.access_token) };
  };
  const skyways = await machine("skyways");
  const aeroline = await machine("aeroline");
  const puddlejump = await machine("puddlejump");
  const stranger = await fetchToken(demo, { ...skyways, clientSecret: aeroline.clientSecret });
  report.step(
    "a token for a wrong secret",
    "400 invalid_client",
    `${stranger.status} ${String(stranger.body.error)}`,
  );

  await tourIsolation(demo, { skyways, aeroline }, report);
  await tourWebhooks(demo, skyways, FLIGHT, report);
  await tourLimits(demo, puddlejump, operations, report);
  return report.conclude();
}

new Command("tour")
  .description("Shows on the running local stack what is let in and what is refused")
  .allowExcessArguments(false)
  .parse();

try {
  const demo = readDemoFile(DEMO_FILE);
  if (!demo) throw new Error("There is no demo yet: start the local stack with npm start.");
  process.exitCode = (await tour(demo)) ? 0 : 1;
} catch (error) {
  process.stderr.write(`error: ${explainError(error, "local")}\n`);
  process.exitCode = 1;
}
