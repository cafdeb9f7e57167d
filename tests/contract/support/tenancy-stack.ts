import { ApiGateway } from "../../../scripts/local-aws/api-gateway/api-gateway.ts";
import { Cognito } from "../../../scripts/local-aws/cognito/cognito.ts";
import { DynamoDb } from "../../../scripts/local-aws/dynamodb/dynamodb.ts";
import { Identities } from "../../../scripts/local-aws/iam/identities.ts";
import { verifiedCaller } from "../../../scripts/local-aws/iam/verified-caller.ts";
import { AwsError } from "../../../scripts/local-aws/kernel/aws-error.ts";
import { systemClock } from "../../../scripts/local-aws/kernel/clock.ts";
import type { InvokeFunction } from "../../../scripts/local-aws/kernel/invoke.ts";
import { serve } from "../../../scripts/local-aws/kernel/server.ts";
import type { AwsRequest, Service } from "../../../scripts/local-aws/kernel/service.ts";
import { Stack, type Template } from "../../../scripts/local-aws/kernel/stack.ts";
import { Store } from "../../../scripts/local-aws/kernel/store.ts";
import { Sts } from "../../../scripts/local-aws/sts/sts.ts";
import { SCOPES } from "../../../src/domain/access/scope.ts";

const POST_TRANSACTIONS = "/v1/loyalty/{customerId}/transactions/POST";

const usagePlan = (name: string, rate: number, limit: number, period: string) => ({
  Type: "AWS::ApiGateway::UsagePlan",
  Properties: {
    UsagePlanName: `gatehouse-dev-${name}`,
    ApiStages: [
      {
        ApiId: { Ref: "ApiGatewayRestApi" },
        Stage: "dev",
        Throttle: { [POST_TRANSACTIONS]: { RateLimit: rate / 2, BurstLimit: rate } },
      },
    ],
    Throttle: { RateLimit: rate, BurstLimit: rate * 2 },
    Quota: { Limit: limit, Period: period },
  },
});

const attribute = (name: string) => ({ AttributeName: name, AttributeType: "S" });
const keys = (hash: string, range?: string) => [
  { AttributeName: hash, KeyType: "HASH" },
  ...(range === undefined ? [] : [{ AttributeName: range, KeyType: "RANGE" }]),
];

/** What tenancy needs of a stage's template. */
const template: Template = {
  Resources: {
    UserPool: {
      Type: "AWS::Cognito::UserPool",
      Properties: {
        UserPoolName: "gatehouse-dev",
        LambdaConfig: {
          PreTokenGenerationConfig: {
            LambdaArn: { "Fn::GetAtt": ["PreToken", "Arn"] },
            LambdaVersion: "V3_0",
          },
        },
      },
    },
    PreToken: { Type: "AWS::Lambda::Function", Properties: { FunctionName: "pre-token" } },
    PreTokenPermission: {
      Type: "AWS::Lambda::Permission",
      Properties: {
        Action: "lambda:InvokeFunction",
        FunctionName: { "Fn::GetAtt": ["PreToken", "Arn"] },
        Principal: "cognito-idp.amazonaws.com",
      },
    },
    UserPoolDomain: {
      Type: "AWS::Cognito::UserPoolDomain",
      Properties: { Domain: "gatehouse-dev", UserPoolId: { Ref: "UserPool" } },
    },
    ResourceServer: {
      Type: "AWS::Cognito::UserPoolResourceServer",
      Properties: {
        Identifier: "airline",
        Name: "Airline",
        UserPoolId: { Ref: "UserPool" },
        Scopes: SCOPES.map((scope) => ({ ScopeName: scope, ScopeDescription: scope })),
      },
    },
    ControlTable: {
      Type: "AWS::DynamoDB::Table",
      Properties: {
        TableName: "control",
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: ["pk", "sk", "kind", "kindSort"].map(attribute),
        KeySchema: keys("pk", "sk"),
        GlobalSecondaryIndexes: [
          {
            IndexName: "byKind",
            KeySchema: keys("kind", "kindSort"),
            Projection: { ProjectionType: "ALL" },
          },
        ],
      },
    },
    DataTable: {
      Type: "AWS::DynamoDB::Table",
      Properties: {
        TableName: "data",
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: ["pk", "sk"].map(attribute),
        KeySchema: keys("pk", "sk"),
      },
    },
    OutboxTable: {
      Type: "AWS::DynamoDB::Table",
      Properties: {
        TableName: "outbox",
        BillingMode: "PAY_PER_REQUEST",
        StreamSpecification: { StreamViewType: "KEYS_ONLY" },
        AttributeDefinitions: ["pk"].map(attribute),
        KeySchema: keys("pk"),
      },
    },
    ApiGatewayRestApi: { Type: "AWS::ApiGateway::RestApi", Properties: { Name: "gatehouse-dev" } },
    ApiStage: {
      Type: "AWS::ApiGateway::Stage",
      Properties: { RestApiId: { Ref: "ApiGatewayRestApi" }, StageName: "dev" },
    },
    TrialPlan: usagePlan("trial", 1, 10, "DAY"),
    StandardPlan: usagePlan("standard", 50, 1_000_000, "MONTH"),
    PremiumPlan: usagePlan("premium", 200, 10_000_000, "MONTH"),
  },
};

export type TenancyStack = Awaited<ReturnType<typeof startTenancyStack>>;

/** A fresh local AWS on a port of its own, to which the SDK of this process is pointed. */
export async function startTenancyStack(invoke: InvokeFunction) {
  const stack = new Stack(template, { region: "us-east-1", name: "gatehouse-dev" });
  const store = Store.open(":memory:");
  const clock = systemClock;
  const identities = new Identities({ store, stack, clock });
  const { authorize } = identities;
  const cognito = new Cognito({ store, stack, clock, authorize, invoke });
  const gateway = new ApiGateway({ store, stack, clock, authorize });
  const dynamoDb = DynamoDb.open({ directory: undefined, stack, clock, authorize });
  await cognito.deploy();
  gateway.deploy();
  await dynamoDb.deploy();

  let around: AroundRequest = (call) => call();
  const services = [cognito, gateway, dynamoDb, new Sts({ identities })].map((service) =>
    faulty(service, (call, request) => around(call, request)),
  );
  const server = await serve(services, { port: 0, identify: verifiedCaller(identities) });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: server.endpoint,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "OPERATOR",
    AWS_SECRET_ACCESS_KEY: "local",
    CONTROL_TABLE: stack.ref("ControlTable"),
  });
  return {
    stack,
    gateway,
    endpoint: server.endpoint,
    settings: {
      stage: "dev",
      userPoolId: stack.ref("UserPool"),
      controlTable: stack.ref("ControlTable"),
      dataTable: stack.ref("DataTable"),
      outboxTable: stack.ref("OutboxTable"),
      tierPlanIds: {
        trial: stack.ref("TrialPlan"),
        standard: stack.ref("StandardPlan"),
        premium: stack.ref("PremiumPlan"),
      },
    },
    /** From now on every request passes through `next`. */
    inject(next: AroundRequest): void {
      around = next;
    },
    close: () => server.close(),
  };
}

/** Stands around a request: may let it fail before or after it is done. */
type AroundRequest = (call: () => Promise<unknown>, request: AwsRequest) => Promise<unknown>;

/** A service whose answers pass through `around`; an error thrown there is an answer that nobody retries. */
function faulty(service: Service, around: AroundRequest): Service {
  return {
    name: service.name,
    accepts: (request) => service.accepts(request),
    refuse: (error, request) => service.refuse(error, request),
    close: async () => service.close?.(),
    handle: async (request) => {
      let answer: Awaited<ReturnType<Service["handle"]>> | undefined;
      let refusal: AwsError | undefined;
      try {
        await around(async () => {
          try {
            answer = await service.handle(request);
          } catch (error) {
            // A refusal is an answer too.
            if (!(error instanceof AwsError)) throw error;
            refusal = error;
          }
        }, request);
      } catch (error) {
        throw error instanceof AwsError ? error : new AwsError("InjectedFault", String(error), 400);
      }
      if (refusal || !answer) throw refusal ?? new Error("no answer");
      return answer;
    },
  };
}
