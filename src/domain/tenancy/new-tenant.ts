import { isScope, SCOPES, type Scope, unqualified } from "../access/scope.ts";
import { type Finding, Refusal } from "../refusal.ts";
import { isPlanName, PLAN_NAMES, type PlanName } from "./plan.ts";

const SLUG = /^[a-z][a-z0-9-]{1,38}[a-z0-9]$/;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;
const NAME_LENGTH = 100;

/** What an operator decides about a tenant to be onboarded. */
export interface NewTenant {
  readonly slug: string;
  readonly name: string;
  readonly plan: PlanName;
  readonly scopes: readonly Scope[];
}

/**
 * Reads what an operator typed. Without a name the slug is the name, without scopes the tenant has all.
 * Throws a {@link Refusal} `invalid` with a finding for each member that is wrong.
 */
export function newTenant(input: {
  readonly slug: string;
  readonly plan: string;
  readonly name?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
}): NewTenant {
  const { slug, plan, name = slug } = input;
  const scopes = input.scopes?.map(unqualified) ?? SCOPES;
  const findings: Finding[] = [
    ...(isSlug(slug) ? [] : [{ pointer: "#/slug", detail: slugRule(slug) }]),
    ...planFindings(plan),
    ...nameFindings(name),
    ...scopeFindings(scopes, SCOPES),
  ];
  if (findings.length > 0 || !isPlanName(plan)) throw invalid(findings);
  return { slug, name, plan, scopes: inOrder(scopes) };
}

/** What an operator decides about a further client of a tenant. */
export interface NewAppClient {
  /** Without one the client gets the next that is free. */
  readonly label?: string | undefined;
  readonly scopes: readonly Scope[];
}

/** Reads what an operator typed; without scopes the client has all that the tenant has. Throws {@link Refusal} `invalid`. */
export function newAppClient(
  input: { readonly label?: string | undefined; readonly scopes?: readonly string[] | undefined },
  tenantScopes: readonly Scope[],
): NewAppClient {
  const { label } = input;
  const scopes = input.scopes?.map(unqualified) ?? tenantScopes;
  const findings: Finding[] = [
    ...(label === undefined || LABEL.test(label)
      ? []
      : [
          {
            pointer: "#/label",
            detail: `"${label}" is no label: 1 to 40 of a-z, 0-9 and -, with a letter or digit at both ends.`,
          },
        ]),
    ...scopeFindings(scopes, tenantScopes),
  ];
  if (findings.length > 0) throw invalid(findings);
  return { label, scopes: inOrder(scopes) };
}

function isSlug(text: string): boolean {
  return SLUG.test(text);
}

const slugRule = (slug: string) =>
  `"${slug}" is no slug: 3 to 40 of a-z, 0-9 and -, beginning with a letter and not ending with -.`;

export function planFindings(plan: string): Finding[] {
  if (isPlanName(plan)) return [];
  const detail = `There is no plan "${plan}"; the plans are ${PLAN_NAMES.join(", ")}.`;
  return [{ pointer: "#/plan", detail }];
}

export function nameFindings(name: string): Finding[] {
  if (name.trim() !== "" && name.length <= NAME_LENGTH && !/\p{C}/u.test(name)) return [];
  const detail = `A name has 1 to ${NAME_LENGTH} characters, none of them a control character.`;
  return [{ pointer: "#/name", detail }];
}

export function scopeFindings(scopes: readonly string[], allowed: readonly Scope[]): Finding[] {
  if (scopes.length === 0) return [{ pointer: "#/scopes", detail: "At least one scope is needed." }];
  return scopes
    .filter((scope) => !allowed.some((one) => one === scope))
    .map((scope) => ({
      pointer: "#/scopes",
      detail: isScope(scope)
        ? `The tenant does not have the scope "${scope}"; it has ${allowed.join(", ")}.`
        : `There is no scope "${scope}"; the scopes are ${allowed.join(", ")}.`,
    }));
}

/** Each scope once, in the order of the list of scopes, so that two spellings of one set are equal. */
export function inOrder(scopes: readonly string[]): Scope[] {
  return SCOPES.filter((scope) => scopes.includes(scope));
}

export function invalid(findings: readonly Finding[]): Refusal {
  return new Refusal("invalid", findings.map(({ detail }) => detail).join(" "), findings);
}
