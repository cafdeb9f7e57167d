import { objectOf, textOf, textsOf } from "../edge/template-reader.ts";
import type { Stack } from "../kernel/stack.ts";
import { compileStatement, isNotImitated, kindOf, type WebAclContext } from "./compile-statement.ts";
import { type Rule, WebAcl } from "./web-acl.ts";

/** What WAF sees of a body behind API Gateway unless the web ACL asks for more, in KB: API_Body. */
const DEFAULT_INSPECTION = "KB_16";

/**
 * The web ACL that the template associates with a stage of the REST API; undefined without one. Throws for a
 * rule that the local WAF does not know: an ignored rule would be a wall that only seems to stand.
 */
export function compileWebAcl(stack: Stack): WebAcl | undefined {
  const [association, another] = stack.resources("AWS::WAFv2::WebACLAssociation");
  if (!association) return undefined;
  if (another) throw new Error("the local WAF protects one stage, the template associates several");
  const acl = stack
    .resources("AWS::WAFv2::WebACL")
    .find(({ logicalId }) => arnOf(stack, logicalId) === association.properties.WebACLArn);
  if (!acl) throw new Error(`the association ${association.logicalId} names no web ACL of the template`);
  const context: WebAclContext = { ipSets: ipSetsOf(stack), inspectedBody: inspectedBody(acl.properties) };
  const rules = rulesOf(acl.properties);
  return new WebAcl({
    rules: rules
      .filter(({ Statement }) => !isNotImitated(Statement))
      .map((rule) => compileRule(rule, context)),
    notImitated: rules
      .filter(({ Statement }) => isNotImitated(Statement))
      .map(({ Name, Statement }) => `${textOf(Name, "Name")} (${kindOf(Statement)})`),
    defaultAction: "Block" in objectOf(acl.properties.DefaultAction, "DefaultAction") ? "block" : "allow",
  });
}

type Properties = Readonly<Record<string, unknown>>;

/** By priority, the lowest first. */
function rulesOf({ Rules }: Properties): Properties[] {
  if (!Array.isArray(Rules)) return [];
  return Rules.map((rule) => objectOf(rule, "Rules")).sort((a, b) => Number(a.Priority) - Number(b.Priority));
}

function compileRule({ Name, Action, Statement }: Properties, context: WebAclContext): Rule {
  const name = textOf(Name, "Name");
  try {
    return { name, action: actionOf(Action), matches: compileStatement(Statement, context) };
  } catch (error) {
    throw new Error(`the rule ${name} of the web ACL: ${error instanceof Error ? error.message : error}`);
  }
}

function actionOf(action: unknown): Rule["action"] {
  const [[kind, settings] = ["", {}]] = Object.entries(objectOf(action, "Action"));
  const known = { Allow: "allow", Block: "block", Count: "count" }[kind];
  if (!known) throw new Error(`the local WAF does not know the action ${kind}`);
  const [setting] = Object.keys(objectOf(settings, kind));
  if (setting) throw new Error(`the local WAF does not know ${kind}.${setting}`);
  return known as Rule["action"];
}

function ipSetsOf(stack: Stack): ReadonlyMap<string, readonly string[]> {
  return new Map(
    stack
      .resources("AWS::WAFv2::IPSet")
      .map(({ logicalId, properties }) => [
        arnOf(stack, logicalId),
        textsOf(properties.Addresses, "Addresses"),
      ]),
  );
}

function arnOf(stack: Stack, logicalId: string): string {
  return String(stack.resolve({ "Fn::GetAtt": [logicalId, "Arn"] }));
}

function inspectedBody({ AssociationConfig }: Properties): number {
  const { RequestBody } = objectOf(AssociationConfig, "AssociationConfig");
  const { API_GATEWAY } = objectOf(RequestBody, "RequestBody");
  const { DefaultSizeInspectionLimit = DEFAULT_INSPECTION } = objectOf(API_GATEWAY, "API_GATEWAY");
  return Number(String(DefaultSizeInspectionLimit).slice("KB_".length)) * 1024;
}
