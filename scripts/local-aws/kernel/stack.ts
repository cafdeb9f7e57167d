import { createHash } from "node:crypto";
import { attributeOf } from "./stack-attributes.ts";

/** A CloudFormation template as `serverless package` compiles it. */
export interface Template {
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Description?: string }>>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** One resource of the stack, its intrinsics resolved. */
export interface StackResource {
  readonly logicalId: string;
  /** What `Ref` gives: the id by which AWS's APIs know the resource. */
  readonly physicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export const LOCAL_ACCOUNT_ID = "000000000000";

/**
 * The compiled template as if it were deployed: `Ref`, `Fn::GetAtt`, `Fn::Sub`, `Fn::Join`, `Fn::If`,
 * `Fn::Select` and `Fn::Split` are resolved to fixed local values. Physical ids are derived from stack
 * name and logical id, so that they are the same after a restart.
 */
export class Stack {
  readonly template: Template;
  readonly region: string;
  readonly name: string;
  readonly accountId = LOCAL_ACCOUNT_ID;

  constructor(template: Template, options: { region: string; name: string }) {
    this.template = template;
    this.region = options.region;
    this.name = options.name;
  }

  /** Every resource of a CloudFormation type, e.g. `AWS::DynamoDB::Table`. */
  resources(type: string): StackResource[] {
    return Object.entries(this.template.Resources)
      .filter(([, resource]) => resource.Type === type && this.#exists(resource))
      .map(([logicalId]) => this.resource(logicalId));
  }

  /** The resource of that logical id. Throws when the template has none. */
  resource(logicalId: string): StackResource {
    const found = this.#definition(logicalId);
    return {
      logicalId,
      physicalId: this.ref(logicalId),
      type: found.Type,
      properties: this.#object(this.resolve(found.Properties ?? {})),
    };
  }

  /** The logical id that a raw `{Ref}` or `{Fn::GetAtt}` names, or undefined for any other value. */
  static logicalIdOf(value: unknown): string | undefined {
    if (typeof value !== "object" || value === null) return undefined;
    if ("Ref" in value) return String(value.Ref);
    if ("Fn::GetAtt" in value) {
      const target = value["Fn::GetAtt"];
      return Array.isArray(target) ? String(target[0]) : String(target).split(".")[0];
    }
    return undefined;
  }

  /** The stack's outputs by name. */
  outputs(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.template.Outputs ?? {}).map(([name, { Value }]) => [
        name,
        String(this.resolve(Value)),
      ]),
    );
  }

  /** A value of the template with every intrinsic in it resolved; `AWS::NoValue` members are left out. */
  resolve(value: unknown): unknown {
    if (Array.isArray(value))
      return value.map((item) => this.resolve(item)).filter((item) => item !== undefined);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    const [only] = entries;
    if (only && entries.length === 1) {
      const [name, argument] = only;
      if (name === "Ref") return this.ref(String(argument));
      if (name.startsWith("Fn::")) return this.#intrinsic(name, argument);
    }
    return Object.fromEntries(
      entries.map(([key, item]) => [key, this.resolve(item)]).filter(([, item]) => item !== undefined),
    );
  }

  /** What `Ref` of a logical id, a parameter or a pseudo parameter gives. */
  ref(logicalId: string): string {
    const pseudo = this.#pseudoParameter(logicalId);
    if (pseudo !== undefined) return pseudo;
    const parameter = this.template.Parameters?.[logicalId];
    if (parameter) return String(parameter.Default ?? "");
    const { Type, Properties = {} } = this.#definition(logicalId);
    const named = (property: string) =>
      Properties[property] === undefined
        ? `${this.name}-${logicalId}`
        : String(this.resolve(Properties[property]));
    switch (Type) {
      case "AWS::Cognito::UserPool":
        return `${this.region}_${this.#id(logicalId, 9)}`;
      case "AWS::Cognito::UserPoolClient":
        return this.#id(logicalId, 26);
      case "AWS::Cognito::UserPoolDomain":
        return named("Domain");
      case "AWS::Cognito::UserPoolGroup":
        return named("GroupName");
      case "AWS::DynamoDB::Table":
        return named("TableName");
      case "AWS::Lambda::Function":
        return named("FunctionName");
      case "AWS::Logs::LogGroup":
        return named("LogGroupName");
      case "AWS::IAM::Role":
        return named("RoleName");
      case "AWS::Events::EventBus":
      case "AWS::Events::Rule":
        return named("Name");
      case "AWS::KMS::Key":
        return this.#uuid(logicalId);
      case "AWS::KMS::Alias":
        return named("AliasName");
      case "AWS::SQS::Queue":
        return `https://sqs.${this.region}.amazonaws.com/${this.accountId}/${named("QueueName")}`;
      case "AWS::ApiGateway::RestApi":
      case "AWS::ApiGatewayV2::Api":
      case "AWS::ApiGateway::ApiKey":
        return this.#id(logicalId, 10);
      case "AWS::ApiGateway::Deployment":
      case "AWS::ApiGateway::UsagePlan":
      case "AWS::ApiGateway::Authorizer":
      case "AWS::ApiGatewayV2::Authorizer":
      case "AWS::ApiGatewayV2::Integration":
      case "AWS::ApiGatewayV2::Route":
      case "AWS::ApiGateway::RequestValidator":
        return this.#id(logicalId, 6);
      case "AWS::ApiGateway::Stage":
        return named("StageName");
      case "AWS::ApiGateway::Model":
        return named("Name");
      default:
        return `${this.name}-${logicalId}`;
    }
  }

  #attribute(logicalId: string, attribute: string): string {
    const { Type } = this.#definition(logicalId);
    if (Type === "AWS::ApiGateway::RestApi" && attribute === "RootResourceId")
      return this.#id(`${logicalId}/root`, 10);
    if (Type === "AWS::Events::Rule" && attribute === "Arn") return this.#ruleArn(logicalId);
    return attributeOf(Type, attribute, { ...this, physicalId: this.ref(logicalId) });
  }

  /** A rule's ARN names its bus, unless that is the default one. */
  #ruleArn(logicalId: string): string {
    const bus = this.resolve(this.#definition(logicalId).Properties?.EventBusName ?? "default");
    const rule = bus === "default" ? this.ref(logicalId) : `${String(bus)}/${this.ref(logicalId)}`;
    return `arn:aws:events:${this.region}:${this.accountId}:rule/${rule}`;
  }

  #pseudoParameter(name: string): string | undefined {
    switch (name) {
      case "AWS::Region":
        return this.region;
      case "AWS::AccountId":
        return this.accountId;
      case "AWS::Partition":
        return "aws";
      case "AWS::URLSuffix":
        return "amazonaws.com";
      case "AWS::StackName":
        return this.name;
      default:
        return undefined;
    }
  }

  #intrinsic(name: string, argument: unknown): unknown {
    switch (name) {
      case "Fn::GetAtt": {
        const [logicalId = "", ...attribute] = Array.isArray(argument)
          ? argument.map(String)
          : String(argument).split(".");
        return this.#attribute(logicalId, attribute.join("."));
      }
      case "Fn::Join": {
        const [separator, items] = this.#list(argument);
        return this.#list(this.resolve(items)).join(String(separator));
      }
      case "Fn::Sub":
        return this.#substitute(argument);
      case "Fn::If": {
        const [condition, whenTrue, whenFalse] = this.#list(argument);
        const chosen = this.#condition(String(condition)) ? whenTrue : whenFalse;
        return Stack.logicalIdOf(chosen) === "AWS::NoValue" ? undefined : this.resolve(chosen);
      }
      case "Fn::Select": {
        const [index, items] = this.#list(argument);
        return this.#list(this.resolve(items))[Number(index)];
      }
      case "Fn::Split": {
        const [separator, text] = this.#list(argument);
        return String(this.resolve(text)).split(String(separator));
      }
      default:
        throw new Error(`the local stack cannot resolve ${name}`);
    }
  }

  #substitute(argument: unknown): string {
    const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
    const values = this.#object(this.resolve(variables));
    return String(text).replace(/\$\{(!?)([^}]+)\}/g, (_whole, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in values) return String(values[name]);
      const [logicalId = "", ...attribute] = name.split(".");
      return attribute.length > 0 ? this.#attribute(logicalId, attribute.join(".")) : this.ref(name);
    });
  }

  #exists(resource: TemplateResource): boolean {
    return resource.Condition === undefined || this.#condition(resource.Condition);
  }

  #condition(name: string): boolean {
    const definition = this.template.Conditions?.[name];
    if (definition === undefined) throw new Error(`the template has no condition ${name}`);
    return this.#test(definition);
  }

  #test(expression: unknown): boolean {
    const [only] = Object.entries(this.#object(expression));
    if (!only) throw new Error("an empty condition");
    const [name, argument] = only;
    switch (name) {
      case "Condition":
        return this.#condition(String(argument));
      case "Fn::Equals": {
        const [left, right] = this.#list(this.resolve(argument));
        return String(left) === String(right);
      }
      case "Fn::Not":
        return !this.#test(this.#list(argument)[0]);
      case "Fn::And":
        return this.#list(argument).every((item) => this.#test(item));
      case "Fn::Or":
        return this.#list(argument).some((item) => this.#test(item));
      default:
        throw new Error(`the local stack cannot test ${name}`);
    }
  }

  #definition(logicalId: string): TemplateResource {
    const resource = this.template.Resources[logicalId];
    if (!resource) throw new Error(`the template has no resource ${logicalId}`);
    return resource;
  }

  #list(value: unknown): unknown[] {
    if (!Array.isArray(value))
      throw new Error(`expected a list in the template, found ${JSON.stringify(value)}`);
    return value;
  }

  #object(value: unknown): Record<string, unknown> {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new Error(`expected an object in the template, found ${JSON.stringify(value)}`);
    return Object.fromEntries(Object.entries(value));
  }

  /** Fixed for stack and logical id. */
  #uuid(logicalId: string): string {
    const digits = createHash("sha256").update(`${this.name}/${this.region}/${logicalId}`).digest("hex");
    return [0, 8, 12, 16, 20].map((at, n) => digits.slice(at, [8, 12, 16, 20, 32][n])).join("-");
  }

  /** Letters and digits only, fixed for stack and logical id. */
  #id(logicalId: string, length: number): string {
    const digest = createHash("sha256").update(`${this.name}/${this.region}/${logicalId}`).digest();
    return Array.from(digest, (byte) => (byte % 36).toString(36))
      .join("")
      .slice(0, length);
  }
}
