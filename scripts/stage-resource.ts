/**
 * A Serverless plugin that makes the API's stage a resource of the template.
 *
 * The framework lets the deployment create the stage and then sets the access log, tracing and
 * throttling of it by SDK calls after CloudFormation is done. Then the template does not say what is
 * enforced, and a deployment that stops half-way leaves a stage without its log. Here the deployment
 * loses its `StageName`, and the `ApiStage` of resources/edge.yml points to it. Gateway responses and the methods
 * of our own come before the deployment, which the framework knows nothing of.
 */
interface ServerlessInstance {
  service: { provider: { compiledCloudFormationTemplate: { Resources: Record<string, Resource> } } };
}

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DependsOn?: string | string[];
}

const STAGE = "ApiStage";
const DEPLOYED = new Set(["AWS::ApiGateway::Method", "AWS::ApiGateway::GatewayResponse"]);

export default class StageResource {
  readonly hooks: Record<string, () => void>;

  constructor(serverless: ServerlessInstance) {
    this.hooks = {
      "after:aws:package:finalize:mergeCustomProviderResources": () => tieStageToDeployment(serverless),
    };
  }
}

function tieStageToDeployment(serverless: ServerlessInstance): void {
  const { Resources } = serverless.service.provider.compiledCloudFormationTemplate;
  const deployment = Object.entries(Resources).find(([, { Type }]) => Type === "AWS::ApiGateway::Deployment");
  const stage = Resources[STAGE];
  if (!deployment || !stage) throw new Error(`the template lacks a deployment or the resource ${STAGE}`);
  const [deploymentId, resource] = deployment;
  delete resource.Properties.StageName;
  stage.Properties.DeploymentId = { Ref: deploymentId };
  // A deployment is a snapshot of the API: what is made after it is not in it.
  const parts = Object.keys(Resources).filter((logicalId) => DEPLOYED.has(Resources[logicalId]?.Type ?? ""));
  resource.DependsOn = [...new Set([...[resource.DependsOn ?? []].flat(), ...parts])];
}
