import { type Finding, Refusal } from "../refusal.ts";
import { lintCondition } from "./condition-lint.ts";
import { isRecord, listOfTexts, pointerTo } from "./lint-values.ts";
import { INVOKE, type PolicyDocument, type StageArn, writtenOut } from "./policy-document.ts";

/** Bytes as JSON with its resources written out. Three of them fit into an authorizer's result (8 KB). */
export const LARGEST_POLICY = 2048;
const MOST_STATEMENTS = 20;
const MOST_RESOURCES = 20;
const MOST_FINDINGS = 20;

const DOCUMENT_MEMBERS = new Set(["Version", "Statement"]);
const STATEMENT_MEMBERS = new Set(["Sid", "Effect", "Action", "Resource", "Condition"]);

const WHY_NOT: Readonly<Record<string, string>> = {
  NotAction: `is not taken: name what is meant, which can only be ${INVOKE}`,
  NotResource: "is not taken: it would cover other APIs and routes that do not exist yet",
  Principal: "is not taken: the policy belongs to its group",
  NotPrincipal: "is not taken: the policy belongs to its group",
};

const METHOD_AND_PATH = /^(?:\*|(?:\*|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\/[\w.~!&'()+,;=:@%*?/-]*)$/;

/**
 * What is wrong with a policy, place by place; nothing when it may be stored. It may allow and deny
 * calls of this API and stage alone, under conditions that the gateway knows.
 */
export function lintPolicy(document: unknown, stageArn: StageArn): Finding[] {
  if (!isRecord(document)) return [{ pointer: "#", detail: "must be an object" }];
  const findings = [...unknownMembers(document, DOCUMENT_MEMBERS, [])];
  if (document.Version !== "2012-10-17")
    findings.push({ pointer: "#/Version", detail: 'must be "2012-10-17"' });
  findings.push(...lintStatements(document.Statement, stageArn));
  if (findings.length === 0 && sizeOf(document, stageArn) > LARGEST_POLICY)
    findings.push({
      pointer: "#",
      detail: `is too large: ${LARGEST_POLICY} bytes at most, with its resources written out`,
    });
  return findings.slice(0, MOST_FINDINGS);
}

/** The policy as it is stored, its resources written out. Throws a Refusal `invalid` that says what is wrong. */
export function acceptPolicy(document: unknown, stageArn: StageArn): PolicyDocument {
  const findings = lintPolicy(document, stageArn);
  if (findings.length > 0) throw new Refusal("invalid", "The policy may not be stored.", findings);
  return canonical(document as PolicyDocument, stageArn);
}

function lintStatements(statements: unknown, stageArn: StageArn): Finding[] {
  if (!Array.isArray(statements) || statements.length === 0)
    return [{ pointer: "#/Statement", detail: "must be a list of statements" }];
  if (statements.length > MOST_STATEMENTS)
    return [{ pointer: "#/Statement", detail: `may have ${MOST_STATEMENTS} statements` }];
  return statements.flatMap((statement, index) => lintStatement(statement, ["Statement", index], stageArn));
}

type Place = readonly (string | number)[];

function lintStatement(statement: unknown, place: Place, stageArn: StageArn): Finding[] {
  if (!isRecord(statement)) return [{ pointer: pointerTo(place), detail: "must be an object" }];
  const { Sid, Effect, Action, Resource, Condition } = statement;
  const findings = unknownMembers(statement, STATEMENT_MEMBERS, place);
  if (Sid !== undefined && (typeof Sid !== "string" || !/^[A-Za-z0-9]{1,64}$/.test(Sid)))
    findings.push({ pointer: pointerTo([...place, "Sid"]), detail: "must be 1 to 64 letters and digits" });
  if (Effect !== "Allow" && Effect !== "Deny")
    findings.push({ pointer: pointerTo([...place, "Effect"]), detail: 'must be "Allow" or "Deny"' });
  findings.push(...lintActions(Action, [...place, "Action"]));
  findings.push(...lintResources(Resource, [...place, "Resource"], stageArn));
  if (Condition !== undefined) findings.push(...lintCondition(Condition, [...place, "Condition"]));
  return findings;
}

function lintActions(action: unknown, place: Place): Finding[] {
  const actions = listOfTexts(action, 1);
  return actions?.[0] === INVOKE ? [] : [{ pointer: pointerTo(place), detail: `must be "${INVOKE}"` }];
}

function lintResources(resource: unknown, place: Place, stageArn: StageArn): Finding[] {
  const resources = listOfTexts(resource, MOST_RESOURCES);
  if (!resources)
    return [
      {
        pointer: pointerTo(place),
        detail: `must be a resource, or a list of 1 to ${MOST_RESOURCES} of them`,
      },
    ];
  return resources.flatMap((text, index) => {
    const detail = faultOfResource(writtenOut(text, stageArn), stageArn);
    const where = Array.isArray(resource) ? [...place, index] : place;
    return detail ? [{ pointer: pointerTo(where), detail }] : [];
  });
}

function faultOfResource(resource: string, stageArn: StageArn): string | undefined {
  if (resource.includes("${")) return "may hold no policy variable: the gateway does not fill it in";
  const prefix = `${stageArn}/`;
  if (!resource.startsWith(prefix))
    return `must begin with "${prefix}" or "execute-api:/*/": only this API and stage, spelled out`;
  const rest = resource.slice(prefix.length);
  if (/^ANY\//.test(rest)) return "has the method ANY, which is no wildcard here; write *";
  if (!METHOD_AND_PATH.test(rest))
    return "must go on with a method in capitals (or *) and a path, such as GET/admin/tenants/*";
  return undefined;
}

function unknownMembers(record: object, known: ReadonlySet<string>, place: Place): Finding[] {
  return Object.keys(record)
    .filter((name) => !known.has(name))
    .map((name) => ({
      pointer: pointerTo([...place, name]),
      detail: (Object.hasOwn(WHY_NOT, name) && WHY_NOT[name]) || "is unknown",
    }));
}

function canonical({ Version, Statement }: PolicyDocument, stageArn: StageArn): PolicyDocument {
  return {
    Version,
    Statement: Statement.map((statement) => ({
      ...statement,
      Resource: [statement.Resource].flat().map((resource) => writtenOut(resource, stageArn)),
    })),
  };
}

function sizeOf(document: object, stageArn: StageArn): number {
  return new TextEncoder().encode(JSON.stringify(canonical(document as PolicyDocument, stageArn))).length;
}
