/** The end of every stream's ARN: a template names it before the stream is there, so it cannot be the time of its making. */
export const STREAM_LABEL = "2012-08-10T00:00:00.000";

interface Owner {
  readonly physicalId: string;
  readonly region: string;
  readonly accountId: string;
}

/** What `Fn::GetAtt` gives, as far as AWS's ids and ARNs can be told from the resource's own name. */
export function attributeOf(
  type: string,
  attribute: string,
  { physicalId, region, accountId }: Owner,
): string {
  const arn = (service: string, resource: string, where = region) =>
    `arn:aws:${service}:${where}:${accountId}:${resource}`;
  switch (`${type}.${attribute}`) {
    case "AWS::Cognito::UserPool.Arn":
      return arn("cognito-idp", `userpool/${physicalId}`);
    case "AWS::Cognito::UserPool.ProviderName":
      return `cognito-idp.${region}.amazonaws.com/${physicalId}`;
    case "AWS::Cognito::UserPool.ProviderURL":
      return `https://cognito-idp.${region}.amazonaws.com/${physicalId}`;
    case "AWS::DynamoDB::Table.Arn":
      return arn("dynamodb", `table/${physicalId}`);
    case "AWS::DynamoDB::Table.StreamArn":
      return arn("dynamodb", `table/${physicalId}/stream/${STREAM_LABEL}`);
    case "AWS::Lambda::Function.Arn":
      return arn("lambda", `function:${physicalId}`);
    case "AWS::IAM::Role.Arn":
      return arn("iam", `role/${physicalId}`, "");
    case "AWS::Logs::LogGroup.Arn":
      return arn("logs", `log-group:${physicalId}:*`);
    case "AWS::Events::EventBus.Arn":
      return arn("events", `event-bus/${physicalId}`);
    case "AWS::KMS::Key.Arn":
      return arn("kms", `key/${physicalId}`);
    case "AWS::KMS::Key.KeyId":
      return physicalId;
    case "AWS::SQS::Queue.Arn":
      return arn("sqs", nameOfQueue(physicalId));
    case "AWS::SQS::Queue.QueueName":
      return nameOfQueue(physicalId);
    case "AWS::Cognito::UserPool.UserPoolId":
    case "AWS::Cognito::UserPoolClient.ClientId":
    case "AWS::ApiGateway::RestApi.RestApiId":
    case "AWS::ApiGateway::ApiKey.APIKeyId":
    case "AWS::ApiGateway::UsagePlan.Id":
    case "AWS::ApiGateway::Deployment.DeploymentId":
      return physicalId;
    default:
      return `${physicalId}.${attribute}`;
  }
}

/** A queue's physical id is its address. */
function nameOfQueue(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}
