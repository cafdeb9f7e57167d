import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { CognitoPeople } from "../../src/aws/cognito/people.ts";
import { TenantOperations } from "../../src/aws/tenant-operations.ts";
import { DEFAULT_LABEL } from "../../src/domain/tenancy/tenant.ts";
import { LOCAL_REGION } from "../stage/local-environment.ts";
import { operator } from "../stage/operator.ts";
import type { StageSettings } from "../stage/stage-settings.ts";
import { httpApiClients } from "../tenants/http-api.ts";
import { demoTenant } from "./demo-credentials.ts";
import { type DemoCredentials, type DemoFile, readDemoFile, writeDemoFile } from "./demo-file.ts";
import { demoPeople } from "./demo-people.ts";
import { DEMO_TENANTS } from "./demo-tenants.ts";
import { loadDemoData } from "./load-demo-data.ts";

/**
 * Sees to the demo tenants with their data and to the demo's people, and writes the demo file. What is there already is kept, so
 * it may be run any number of times.
 *
 * @param progress told one line for each tenant and person.
 */
export async function prepareDemo(
  settings: StageSettings,
  { file, awsEndpoint, progress }: { file: string; awsEndpoint: string; progress: (line: string) => void },
): Promise<DemoFile> {
  const { apiUrl, httpApiUrl, tokenUrl, userPoolId, dataTable, operatorClientId } = settings;
  const me = await operator();
  const operations = new TenantOperations(settings, me.actor, me.clock);
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  const before = readDemoFile(file);
  const readers = httpApiClients(settings, me);
  const tenants: DemoCredentials[] = [];
  for (const demo of DEMO_TENANTS) {
    const known = before?.tenants.find(({ slug }) => slug === demo.slug)?.clientId;
    const { tenant, credentials } = await demoTenant(operations, demo, known);
    if (!credentials) {
      progress(`${demo.slug.padEnd(12)} ${tenant.plan.padEnd(9)} ${tenant.status}, left as it is`);
      continue;
    }
    const written = await loadDemoData(documents, dataTable, demo, tenant.tenantId);
    tenants.push(credentials);
    await readers.allow(tenant, { label: DEFAULT_LABEL, clientId: credentials.clientId });
    const data = written > 0 ? `${written} items loaded` : "kept as it was";
    progress(`${demo.slug.padEnd(12)} ${tenant.plan.padEnd(9)} ${tenant.status}, ${data}`);
  }
  const operators = await demoPeople(new CognitoPeople(userPoolId), before?.operators ?? []);
  for (const { username, groups } of operators) progress(`${username.padEnd(12)} ${groups.join(", ")}`);
  const prepared: DemoFile = {
    apiUrl,
    httpApiUrl,
    tokenUrl,
    awsEndpoint,
    region: LOCAL_REGION,
    userPoolId,
    tenants,
    operatorClientId,
    operators,
  };
  writeDemoFile(file, prepared);
  return prepared;
}
